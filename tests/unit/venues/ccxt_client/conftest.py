"""A scripted OKX behind the client: answers by path, no socket, every request kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import RunMode
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.wiring import Credentials, Wiring
from tests.support.shared import require_shared

BASE_URL = "http://127.0.0.1:9"


def instrument(kind: str, name: str, **fields: str) -> dict[str, str]:
    """One row of public/instruments, live, with harmless steps."""
    row = {
        "instType": kind,
        "instId": name,
        "state": "live",
        "tickSz": "0.1",
        "lotSz": "1",
        "minSz": "1",
        "lever": "10",
    }
    return row | fields


INSTRUMENTS = {
    "SPOT": [
        instrument("SPOT", "BTC-USDT", baseCcy="BTC", quoteCcy="USDT", lotSz="0.00000001", minSz="0.00001"),
        instrument("SPOT", "ETH-USDT", baseCcy="ETH", quoteCcy="USDT", lotSz="0.000001", minSz="0.001", tickSz="0.01"),
    ],
    "SWAP": [
        instrument("SWAP", "BTC-USDT-SWAP", uly="BTC-USDT", settleCcy="USDT", ctType="linear", ctVal="0.01", ctMult="1")
        | {"lotSz": "0.01", "minSz": "0.01", "lever": "100"},
        instrument("SWAP", "ETH-USDT-SWAP", uly="ETH-USDT", settleCcy="USDT", ctType="linear", ctVal="0.1", ctMult="1"),
        instrument("SWAP", "BTC-USD-SWAP", uly="BTC-USD", settleCcy="BTC", ctType="inverse", ctVal="100", ctMult="1"),
    ],
    "FUTURES": [
        instrument("FUTURES", "BTC-USDT-300329", uly="BTC-USDT", settleCcy="USDT", ctVal="0.01", ctMult="1")
        | {"expTime": "1901001600000", "state": "suspend"},
    ],
    "OPTION": [
        instrument("OPTION", "BTC-USD-300329-60000-C", uly="BTC-USD", settleCcy="BTC", ctVal="1", ctMult="0.01")
        | {"expTime": "1901001600000", "stk": "60000", "optType": "C", "tickSz": "0.0001"},
    ],
}

# A futures account in net mode, unless a test says otherwise.
ACCOUNT = {"uid": "1", "acctLv": "2", "posMode": "net_mode"}


def sound(*rows: Any) -> bytes:
    """A sound OKX envelope around ``rows``."""
    return json.dumps({"code": "0", "data": list(rows), "msg": ""}).encode()


class ScriptedVenue:
    """Answers requests by path; unknown paths fail the test."""

    def __init__(self) -> None:
        self.requests: list[WireRequest] = []
        self.script: dict[str, Callable[[WireRequest], WireAnswer]] = {
            "/api/v5/public/instruments": self._instruments,
            "/api/v5/account/config": lambda _: WireAnswer(200, sound(ACCOUNT)),
        }

    def __call__(self, request: WireRequest) -> WireAnswer:
        self.requests.append(request)
        return self.script[request.path](request)

    def answer(self, path: str, *bodies: bytes, status: int = 200) -> None:
        """Answer ``path`` with the bodies in turn; the last one stays."""
        left = list(bodies)
        self.script[path] = lambda _request: WireAnswer(status, left.pop(0) if len(left) > 1 else left[0])

    def asked(self, path: str) -> list[WireRequest]:
        """The requests to one path."""
        return [request for request in self.requests if request.path == path]

    @staticmethod
    def _instruments(request: WireRequest) -> WireAnswer:
        kind = request.query.split("instType=")[1].split("&")[0]
        rows = [] if "ETH-USD" in request.query else INSTRUMENTS[kind]
        return WireAnswer(200, sound(*rows))


@pytest.fixture
def venue() -> ScriptedVenue:
    """The scripted venue of one test."""
    return ScriptedVenue()


@pytest.fixture
def open_client(venue: ScriptedVenue) -> Callable[..., CcxtClient]:
    """Opens a client over the scripted venue; keyword arguments go to the wiring."""

    def open_it(**options: Any) -> CcxtClient:
        keys = Credentials(api_key="test-key", api_secret="test-secret", passphrase="test-passphrase")
        wiring = {"base_url": BASE_URL, "mode": RunMode.OKX_DEMO_SIM, "answers": venue, "credentials": keys} | options
        return CcxtClient(Wiring(**wiring))

    return open_it


@pytest.fixture
def client(open_client: Callable[..., CcxtClient]) -> CcxtClient:
    """A demo client over the scripted venue."""
    return open_client()


@pytest.fixture
def shared() -> Path:
    """The folder of recorded answers."""
    return require_shared() / "okx-payloads"


@pytest.fixture
def envelope() -> Callable[..., bytes]:
    """Builds a sound OKX envelope."""
    return sound
