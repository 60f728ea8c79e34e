"""Clients over scripted answers, and the recorded payloads; no test here opens a socket unless it says so."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from dualwitness.models import RunMode
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.okx_sdk.client import OkxSdkClient
from dualwitness.venues.wiring import Credentials, Wiring

BASE = "http://127.0.0.1:9"

SWAP = {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "uly": "BTC-USDT", "instFamily": "BTC-USDT", "baseCcy": "",
    "quoteCcy": "", "settleCcy": "USDT", "ctVal": "0.01", "ctMult": "1", "ctValCcy": "BTC", "ctType": "linear",
    "tickSz": "0.1", "lotSz": "0.01", "minSz": "0.01", "lever": "100", "state": "live", "expTime": "", "stk": "",
    "optType": "", "groupId": "4",
}  # fmt: skip
INVERSE = SWAP | {
    "instId": "BTC-USD-SWAP", "uly": "BTC-USD", "instFamily": "BTC-USD", "settleCcy": "BTC", "ctVal": "100",
    "ctValCcy": "USD", "ctType": "inverse", "lotSz": "0.1", "minSz": "0.1",
}  # fmt: skip
SPOT = SWAP | {
    "instType": "SPOT", "instId": "BTC-USDT", "uly": "", "instFamily": "", "baseCcy": "BTC", "quoteCcy": "USDT",
    "settleCcy": "", "ctVal": "", "ctMult": "", "ctValCcy": "", "ctType": "", "lotSz": "0.00000001",
    "minSz": "0.00001", "groupId": "1",
}  # fmt: skip
OPTION = INVERSE | {
    "instType": "OPTION", "instId": "BTC-USD-260925-60000-C", "ctVal": "1", "ctMult": "0.01", "ctValCcy": "BTC",
    "lotSz": "1", "minSz": "1", "lever": "", "expTime": "1790323200000", "stk": "60000", "optType": "C",
}  # fmt: skip
CONFIG = {"acctLv": "2", "posMode": "net_mode", "perm": "trade,read_only", "feeType": "0"}
POSITION = {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "posSide": "net", "pos": "-3", "avgPx": "60000", "markPx": "60100",
    "upl": "-3", "realizedPnl": "-0.5", "lever": "3", "mgnMode": "cross", "ccy": "USDT", "liqPx": "",
    "posId": "17", "uTime": "1700000000000", "posCcy": "", "liab": "", "liabCcy": "",
}  # fmt: skip


def envelope(*rows: object, code: str = "0", text: str = "") -> bytes:
    """A sound OKX envelope."""
    return json.dumps({"code": code, "data": list(rows), "msg": text}).encode()


class ScriptedVenue:
    """Answers by path, remembers what was asked, and knows the four instruments above."""

    def __init__(self) -> None:
        self.asked: list[WireRequest] = []
        self.script: dict[str, Callable[[WireRequest], WireAnswer]] = {}
        self.say("public/instruments", self._instruments)
        self.say("account/config", envelope(CONFIG))

    def say(
        self, path: str, body: bytes | Callable[[WireRequest], bytes], *, status: int = 200, kind: str = "json"
    ) -> None:
        """Answer ``path`` with a body from now on."""
        headers = (("content-type", f"application/{kind}"),)

        def answer(request: WireRequest) -> WireAnswer:
            return WireAnswer(status, body(request) if callable(body) else body, headers)

        self.script[f"/api/v5/{path}"] = answer

    def __call__(self, request: WireRequest) -> WireAnswer:
        self.asked.append(request)
        return self.script[request.path](request)

    def count(self, path: str) -> int:
        """How often ``path`` was asked for."""
        return sum(request.path == f"/api/v5/{path}" for request in self.asked)

    @staticmethod
    def _instruments(request: WireRequest) -> bytes:
        kind = dict(part.split("=") for part in request.query.split("&"))["instType"]
        known = (SWAP, INVERSE, SPOT, SPOT | {"instType": "MARGIN"}, OPTION)
        return envelope(*(row for row in known if row["instType"] == kind))


def credentials(key: str = "sim-key", hmac_key: str = "sim-secret", word: str = "sim-passphrase") -> Credentials:
    """Credentials of the embedded venue, or given ones."""
    return Credentials(api_key=SecretStr(key), api_secret=SecretStr(hmac_key), passphrase=SecretStr(word))


@pytest.fixture
def venue() -> ScriptedVenue:
    """A venue that answers by script."""
    return ScriptedVenue()


@pytest.fixture
def open_client(venue: ScriptedVenue) -> Iterator[Callable[..., OkxSdkClient]]:
    """Open clients over the scripted venue; all are closed at the end."""
    opened: list[OkxSdkClient] = []

    def make(**changes: Any) -> OkxSdkClient:
        settings = {"base_url": BASE, "mode": RunMode.OKX_DEMO_SIM, "credentials": credentials(), "answers": venue}
        opened.append(OkxSdkClient(Wiring(**(settings | changes))))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def client(open_client: Callable[..., OkxSdkClient]) -> OkxSdkClient:
    """A demo client with keys over the scripted venue."""
    return open_client()


@pytest.fixture
def rows() -> dict[str, dict[str, str]]:
    """Rows in OKX's words to start from."""
    return {"swap": SWAP, "inverse": INVERSE, "spot": SPOT, "option": OPTION, "config": CONFIG, "position": POSITION}


@pytest.fixture
def say_rows() -> Callable[..., bytes]:
    """Build a sound envelope."""
    return envelope


@pytest.fixture(scope="session")
def keys() -> Callable[..., Credentials]:
    """Build credentials."""
    return credentials


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], list[dict[str, Any]]]:
    """Index entries of the recorded REST answers of one ``METHOD endpoint``; skipped where there are none."""
    folder = Path(os.environ.get("DUALWITNESS_SHARED", Path(__file__).resolve().parents[5] / "shared"))
    folder /= "okx-payloads"
    if not (folder / "INDEX.json").is_file():
        pytest.skip("the recorded payloads are not here")
    index = json.loads((folder / "INDEX.json").read_text())

    def entries(name: str) -> list[dict[str, Any]]:
        method, endpoint = name.split()
        chosen = [
            entry | {"document": json.loads((folder / entry["file"]).read_text())}
            for entry in index
            if entry["method"] == method
            and entry["endpoint"] == f"/api/v5/{endpoint}"
            and entry["provenance"].startswith("recorded")
        ]
        assert chosen, name
        return chosen

    entries.folder = folder  # type: ignore[attr-defined]
    return entries
