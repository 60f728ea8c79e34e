"""No secret leaves through a repr, an error, a record, the journal or a log."""

from __future__ import annotations

import json
import logging
import secrets
import string
import traceback
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.errors import DualwitnessError
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.redact import Redactor
from dualwitness.venues.wiring import Credentials, Wiring


def _awkward() -> str:
    text = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
    return text[:8] + "%+'\"/=" + text[8:]


@pytest.mark.parametrize("outcome", ["sound", "refused", "html", "echo"])
def test_secrets_stay_inside_whatever_happens(
    venue: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], outcome: str
) -> None:
    """Random key, secret and passphrase are in none of the places a person or a file could read."""
    values = {name: _awkward() for name in ("api_key", "api_secret", "passphrase")}

    def answers(request: WireRequest) -> WireAnswer:
        if "instruments" in request.path:
            return venue(request)
        bodies = {
            "sound": b'{"code":"0","data":[],"msg":""}',
            "refused": b'{"code":"50113","msg":"Invalid Sign"}',
            "html": b"<html>",
            "echo": json.dumps({"code": "50111", "msg": f"key {values['api_key']} is invalid"}).encode(),
        }
        return WireAnswer(200, bodies[outcome])

    journal = CallJournal(tmp_path, Redactor(values.values()))
    client = CcxtClient(
        Wiring("http://127.0.0.1:9", credentials=Credentials(**values), answers=answers, journal=journal)
    )
    shown = [repr(client), str(client)]
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="ccxt.base.exchange"):
        logging.getLogger("ccxt").setLevel(logging.DEBUG)
        try:
            client.get_positions()
        except DualwitnessError as error:
            shown += [*traceback.format_exception(error), error.diagnostics()]
    shown += [caplog.text, capsys.readouterr().out, (tmp_path / "ccxt_api.jsonl").read_text()]
    shown += [repr(exchange.request) for exchange in client.drain_exchanges()]
    found = [name for name, value in values.items() for text in shown if value in text]
    assert found == []
    assert client._exchange.last_request_headers is None


def test_ccxt_s_own_logger_is_switched_off(client: CcxtClient) -> None:
    """It writes key and passphrase at DEBUG even with verbose off (reliability B2.8)."""
    assert client._exchange.logger.disabled
    assert not client._exchange.verbose
    assert not logging.getLogger("ccxt.base.exchange").propagate
