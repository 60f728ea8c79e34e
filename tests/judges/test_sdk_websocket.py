"""
The WebSocket clients of python-okx, unmodified, over TLS: they take no other connection.

They trust what OpenSSL trusts, so the venue's own certificate is named by ``SSL_CERT_FILE``; that is read once a
process, which is why each act runs in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualwitness.venues.sim.process import VenueProcess
from tests.support.judges import outside_environment

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    """``python -m venues.sim --tls`` with its certificate in a file."""
    with VenueProcess(tls=True) as process:
        assert process.cert_file is not None
        yield process


SCRIPT = """
import asyncio, json, sys, time
from okx.Account import AccountAPI
from okx.Trade import TradeAPI
from okx.websocket.WsPrivateAsync import WsPrivateAsync
from okx.websocket.WsPublicAsync import WsPublicAsync

address, rest = sys.argv[1:3]
KEYS = dict(apiKey="sim-key", passphrase="sim-passphrase", secretKey="sim-secret")
messages = []

def keep(message):
    messages.append("pong" if message == "pong" else json.loads(message))

async def until(wanted, longest=15):
    ends = time.monotonic() + longest
    while time.monotonic() < ends:
        for message in messages:
            if isinstance(message, dict) and wanted(message):
                return message
        await asyncio.sleep(0.02)
    print(json.dumps(messages), file=sys.stderr)
    raise SystemExit(3)

def event(name):
    return lambda message: message.get("event") == name

def push(channel):
    return lambda message: message.get("arg", {}).get("channel") == channel and "data" in message

async def public():
    client = WsPublicAsync(url=f"wss://{address}/ws/v5/public")
    await client.start()
    args = [{"channel": "tickers", "instId": "BTC-USDT"}, {"channel": "books5", "instId": "BTC-USDT-SWAP"},
            {"channel": "trades", "instId": "BTC-USDT"}]
    await client.subscribe(args, keep)
    found = {"subscribe": await until(event("subscribe"))}
    for arg in args:
        found[arg["channel"]] = await until(push(arg["channel"]))
    await client.subscribe([{"channel": "nonsense", "instId": "BTC-USDT"}], keep)
    found["error"] = await until(event("error"))
    await client.unsubscribe(args[:1], keep)
    found["unsubscribe"] = await until(event("unsubscribe"))
    await client.stop()
    return found

async def business():
    client = WsPublicAsync(url=f"wss://{address}/ws/v5/business")
    await client.start()
    await client.subscribe([{"channel": "candle1m", "instId": "BTC-USDT"}], keep)
    found = {"subscribe": await until(event("subscribe")), "candle1m": await until(push("candle1m"))}
    await client.stop()
    return found

async def private():
    client = WsPrivateAsync(url=f"wss://{address}/ws/v5/private", **KEYS)
    await client.start()
    # python-okx logs in here and waits five seconds before it subscribes.
    await client.subscribe([{"channel": "orders", "instType": "ANY"}, {"channel": "account"}], keep)
    found = {"login": await until(event("login")), "subscribe": await until(event("subscribe"))}
    found["account"] = await until(push("account"))
    trade = TradeAPI("sim-key", "sim-secret", "sim-passphrase", None, "1", domain=rest)
    found["placed"] = trade.place_order("BTC-USDT-SWAP", "cross", "buy", "market", "1")
    found["orders"] = await until(push("orders"))
    codes = AccountAPI("sim-key", "sim-secret", "sim-passphrase", None, "1", domain=rest)
    row = codes.get_instruments(instType="SWAP", instId="BTC-USDT-SWAP")["data"][0]
    order = {"instIdCode": row["instIdCode"], "tdMode": "cross", "side": "sell", "ordType": "market", "sz": "1"}
    await client.place_order([order], keep, id="77")
    found["op"] = await until(lambda message: message.get("id") == "77")
    await client.stop()
    return found

async def stranger():
    client = WsPrivateAsync(url=f"wss://{address}/ws/v5/private", **{**KEYS, "secretKey": "wrong"})
    await client.start()
    client.callback = keep
    await client.login()
    found = {"error": await until(event("error"))}
    await client.stop()
    return found

print(json.dumps(asyncio.run(globals()[sys.argv[3]]())))
"""


def act(venue: VenueProcess, name: str, certificate: str | None = None) -> dict[str, Any]:
    """Run one act of the script in a process that trusts the venue, and give what it saw."""
    environment = outside_environment() | {"SSL_CERT_FILE": certificate or str(venue.cert_file)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, venue.secure_url.removeprefix("https://"), venue.base_url, name],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_public_client_of_python_okx_subscribes_over_tls_and_gets_pushes(venue: VenueProcess) -> None:
    """Acknowledgement, tickers, books5 and trades; an unknown channel is refused with 60018."""
    found = act(venue, "public")
    assert found["subscribe"]["arg"] == {"channel": "tickers", "instId": "BTC-USDT"}
    assert found["tickers"]["data"][0]["instId"] == "BTC-USDT"
    book = found["books5"]["data"][0]
    assert float(book["bids"][0][0]) < float(book["asks"][0][0])
    assert found["trades"]["data"][0]["side"] in ("buy", "sell")
    assert found["error"]["code"] == "60018"
    assert found["unsubscribe"]["arg"]["channel"] == "tickers"


def test_business_client_of_python_okx_gets_candles(venue: VenueProcess) -> None:
    """Candles live on the business path: nine strings a candle."""
    candle = act(venue, "business")["candle1m"]["data"][0]
    assert len(candle) == 9
    assert int(candle[0]) % 60_000 == 0


@pytest.mark.slow
def test_private_client_of_python_okx_logs_in_and_is_told_of_an_order_from_rest(venue: VenueProcess) -> None:
    """Login, account snapshot, the order that REST placed, and an order operation by instIdCode."""
    found = act(venue, "private")
    assert found["login"]["code"] == "0"
    assert found["account"]["data"][0]["details"]
    placed, pushed = found["placed"]["data"][0], found["orders"]["data"][0]
    assert pushed["ordId"] == placed["ordId"]
    assert {"fillSz", "fillPx", "tradeId", "fillFee", "fillTime", "execType"} <= pushed.keys()
    assert (found["op"]["op"], found["op"]["code"], found["op"]["data"][0]["sCode"]) == ("order", "0", "0")


def test_private_client_with_a_wrong_secret_is_refused_at_login(venue: VenueProcess) -> None:
    """Login answers 60007, the code of a signature that does not fit."""
    assert act(venue, "stranger")["error"]["code"] == "60007"


def test_client_that_does_not_trust_the_certificate_gets_nothing(venue: VenueProcess, tmp_path: Path) -> None:
    """The connection really is checked: without the certificate there is none."""
    empty = tmp_path / "none.pem"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(AssertionError):
        act(venue, "public", str(empty))
