"""
The only place that reads configuration files: folder or packaged defaults in, frozen models out.

Without a folder, ``./config`` is used where it has the file, and the defaults shipped with the package where not.
Every problem is a `ConfigError`.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dualwitness.config.errors import ConfigError, did_you_mean
from dualwitness.config.read_yaml import document_from_bytes
from dualwitness.config.schema import RiskConfig, VenueConfig
from dualwitness.config.tree import Document, Place
from dualwitness.models import Venue

__all__ = ["CONFIG_FILES", "config_sha256", "load_risk_config", "load_venue_config"]

_RISK_FILE = "risk.yaml"
CONFIG_FILES = (_RISK_FILE, *(f"venues.{venue}.yaml" for venue in Venue))

_LARGEST_FILE = 1_000_000
# How pydantic names the bound that a number broke.
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}
_Model = TypeVar("_Model", bound=BaseModel)


def load_risk_config(folder: str | Path | None = None) -> RiskConfig:
    """The limits over all venues; raises `ConfigError`."""
    return _load(RiskConfig, _RISK_FILE, folder)


def load_venue_config(venue: str | Venue, folder: str | Path | None = None) -> VenueConfig:
    """The configuration of one venue; raises `ConfigError`, also for a venue that does not exist."""
    try:
        name = Venue(venue)
    except ValueError:
        problem = f"{venue!r} is not a venue"
        raise ConfigError(problem, file="venues.<venue>.yaml", advice=did_you_mean(str(venue), Venue)) from None
    return _load(VenueConfig, f"venues.{name}.yaml", folder)


def config_sha256(folder: str | Path | None = None) -> str:
    """
    One digest over the effective configuration: the name and content of every file that would be read.

    A file that an explicit folder lacks counts as absent; one that is there and cannot be read raises `ConfigError`.
    """
    digest = hashlib.sha256()
    for name in CONFIG_FILES:
        source = _source(name, folder)
        content = _read(source) if source.is_file() else None
        digest.update(f"{name}\0{'absent' if content is None else len(content)}\0".encode())
        digest.update(content or b"")
    return digest.hexdigest()


def _source(name: str, folder: str | Path | None) -> Path | Traversable:
    if folder is not None:
        return Path(folder) / name
    local = Path("config") / name
    return local if local.is_file() else files("dualwitness.config") / name


def _read(source: Path | Traversable) -> bytes:
    try:
        with source.open("rb") as stream:
            content: bytes = stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        problem = f"cannot be read ({error.strerror or type(error).__name__})"
        raise ConfigError(problem, file=str(source), advice="check that the file may be read") from error
    if len(content) > _LARGEST_FILE:
        problem = f"is larger than {_LARGEST_FILE} bytes"
        raise ConfigError(
            problem, file=str(source), advice="a configuration takes a few hundred bytes; name the right file"
        )
    return content


def _load(model: type[_Model], name: str, folder: str | Path | None) -> _Model:
    source = _source(name, folder)
    # Anything but a regular file is refused unread: a pipe would block for ever.
    if not source.is_file():
        problem = "does not exist or is not a file"
        advice = "name the folder that holds it, or leave the folder out to use the defaults"
        raise ConfigError(problem, file=str(source), advice=advice)
    document = document_from_bytes(_read(source), str(source))
    try:
        return model.model_validate(document.values)
    except ValidationError as error:
        raise _config_error(error, document, model) from error


def _config_error(error: ValidationError, document: Document, model: type[BaseModel]) -> ConfigError:
    # The first problem in the order of the file; a missing key has no line and comes last.
    details = error.errors(include_url=False)
    located = [(document.line_of(place), place, detail) for detail in details for place in (_place(detail),)]
    line, place, detail = min(located, key=lambda entry: (entry[0] is None, entry[0] or 0))
    problem, advice = _problem_and_advice(detail, model)
    return ConfigError(problem, file=document.file, line=line, key=_dotted(place), advice=advice)


def _place(detail: Any) -> Place:
    key = detail.get("ctx", {}).get("key")
    return (key,) if key else detail["loc"]


def _problem_and_advice(detail: Any, model: type[BaseModel]) -> tuple[str, str]:
    kind = detail["type"]
    if kind == "spelling":
        return detail["ctx"]["problem"], detail["ctx"]["advice"]
    if kind == "extra_forbidden":
        return "is not a known key", did_you_mean(str(detail["loc"][-1]), model.model_fields)
    if kind == "missing":
        return "is missing", f"add the key {detail['loc'][-1]!r}; the shipped file shows its default and its reason"
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        bound = detail["ctx"][name]
        return f"must be {words} {bound}, was {detail['input']}", f"write a number {words} {bound}"
    problem = str(detail["msg"]).removeprefix("Value error, ")
    return problem[0].lower() + problem[1:], "correct the value; the shipped file shows one that works"


def _dotted(place: Place) -> str | None:
    return ".".join(str(part) for part in place) or None
