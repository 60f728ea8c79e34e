"""One true position, damaged at random: it may become an error or another position, never a flat account."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.ccxt_client.client import CcxtClient
from dualwitness.venues.errors import DualwitnessError
from dualwitness.venues.wiring import Credentials, Wiring

ROW = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "posId": "7",
    "pos": "-3",
    "posSide": "net",
    "avgPx": "60000",
    "markPx": "60100.5",
    "upl": "-3.015",
    "mgnMode": "isolated",
    "margin": "600",
    "mmr": "",
    "lever": "3",
    "liqPx": "70000",
    "cTime": "1",
    "uTime": "2",
}
SWAP = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "uly": "BTC-USDT",
    "settleCcy": "USDT",
    "ctVal": "0.01",
    "ctMult": "1",
    "lotSz": "1",
    "minSz": "1",
    "tickSz": "0.1",
    "state": "live",
}
TRUE = json.dumps({"code": "0", "data": [ROW], "msg": ""}).encode()
BYTES = st.binary(max_size=3)


def _client(damaged: list[bytes]) -> CcxtClient:
    def answers(request: WireRequest) -> WireAnswer:
        if "positions" in request.path:
            return WireAnswer(200, damaged[0])
        rows = [SWAP] if "instType=SWAP" in request.query else []
        return WireAnswer(200, json.dumps({"code": "0", "data": rows, "msg": ""}).encode())

    keys = Credentials(api_key="k" * 8, api_secret="s" * 8, passphrase="p" * 8)
    return CcxtClient(Wiring("http://127.0.0.1:9", answers=answers, credentials=keys))


_BODY = [TRUE]
_CLIENT = _client(_BODY)


@settings(max_examples=400)
@given(start=st.integers(0, len(TRUE) - 1), length=st.integers(0, 40), replacement=BYTES)
def test_a_damaged_position_answer_is_never_flat_and_never_a_foreign_exception(
    start: int, length: int, replacement: bytes
) -> None:
    """Any cut, flip or insertion ends in an error of ours or in exactly one position (reliability B2.1)."""
    _BODY[0] = TRUE[:start] + replacement + TRUE[start + length :]
    try:
        positions = _CLIENT.get_positions()
    except DualwitnessError:
        return
    # A row that was changed into a sound other one is for the second witness to find; it must still be a row, unless
    # the damage took the whole row out and left a sound empty list.
    assert len(positions) == 1 or json.loads(_BODY[0])["data"] == []


def test_the_undamaged_position_is_read() -> None:
    """The starting point of the damage is sound."""
    _BODY[0] = TRUE
    (position,) = _CLIENT.get_positions()
    assert (str(position.contracts), position.direction) == ("3", "short")
