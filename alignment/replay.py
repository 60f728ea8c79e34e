"""A run read again: its own raw samples instead of the sockets, through the same parsers, rules and judges."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dualwitness.alignment.artifacts import MANIFEST, verify_seal
from dualwitness.alignment.samples import RecordedAnswers, exchanges_of
from dualwitness.alignment.session import Answers
from dualwitness.alignment.settings import AuditSettings
from dualwitness.models import Library
from dualwitness.venues import DualwitnessError, UsageError

__all__ = ["SealBroken", "recorded_run"]


class SealBroken(DualwitnessError):
    """A file of the run is not what its manifest sealed."""

    exit_code = 5
    default_advice = "restore the run's folder; a changed sample proves nothing"


def recorded_run(settings: AuditSettings) -> tuple[AuditSettings, Mapping[Library, Answers]]:
    """
    Settings and answers that repeat a run from its folder.

    Raises `UsageError` where the folder is no run, `SealBroken` where a file differs from its sealed digest.
    """
    folder = settings.samples or Path()
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        wrong = verify_seal(folder)
        answers: dict[Library, Answers] = {}
        for library in Library:
            path = folder / f"{library}_raw_samples.json"
            if path.is_file():
                entries = exchanges_of(json.loads(path.read_text(encoding="utf-8")))
                answers[library] = RecordedAnswers((request, answer) for _, _, request, answer in entries)
        symbols = tuple(str(symbol) for symbol in manifest["symbols_asked"])
        seed = int(manifest["seed"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{folder} holds no readable run ({type(error).__name__})"
        raise UsageError(message, advice="name a folder with run_manifest.json, or payloads with INDEX.json") from None
    if wrong:
        message = f"{', '.join(wrong)} in {folder} differs from what the manifest sealed"
        raise SealBroken(message)
    if not answers:
        message = f"{folder} holds no raw samples"
        raise UsageError(message, advice="that run ended before it recorded anything")
    settled = replace(settings, symbols=symbols, seed=seed, symbols_given=False)
    return settled, answers
