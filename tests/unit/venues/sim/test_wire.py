"""What stands between a socket and the venue: expiring orders, broken requests, TLS, the truth file, options."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.engine import PRIVATE_ROUTES, truth
from dualwitness.venues.sim.envelope import as_json, spelled, success
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import Refusal
from dualwitness.venues.sim.options import parse_options
from dualwitness.venues.sim.post_body import read_orders
from dualwitness.venues.sim.process import VenueProcess
from dualwitness.venues.sim.rate_limits import RateLimiter
from dualwitness.venues.sim.truth_file import TruthFile
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.shared import require_shared
from tests.support.venue import FROZEN_MS, ManualClock, ask, auth_headers, frozen_venue, parsed, served

ORDER = b'{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"market","sz":"0.01","clOrdId":"late"}'
JSON = {"Content-Type": "application/json"}


def place(venue: EmbeddedVenue, exp_time: str, path: str = "order", body: bytes = ORDER) -> dict[str, Any]:
    """The envelope of an order with that expTime."""
    target = f"/api/v5/trade/{path}"
    headers = auth_headers("POST", target, body) | JSON | {"expTime": exp_time}
    envelope: dict[str, Any] = json.loads(venue.respond("POST", target, headers, body).body)
    return envelope


@pytest.mark.parametrize(("exp_time", "code"), [(str(FROZEN_MS - 1), "50036"), ("soon", "51000"), ("-1", "51000")])
def test_order_that_came_too_late_is_refused_in_its_row(exp_time: str, code: str) -> None:
    """The header expTime is a moment of venue time; the account stays as it was."""
    venue = frozen_venue()
    before = truth(venue.account)
    envelope = place(venue, exp_time)
    (row,) = envelope["data"]
    assert (envelope["code"], row["sCode"], row["clOrdId"]) == ("1", code, "late")
    assert truth(venue.account) == before


def test_order_in_time_is_carried_out() -> None:
    """At that very millisecond it is still wanted."""
    assert place(frozen_venue(), str(FROZEN_MS))["code"] == "0"


def test_expired_batch_is_refused_row_by_row() -> None:
    """Every order has its row."""
    envelope = place(frozen_venue(), "1", "batch-orders", b"[" + ORDER + b"," + ORDER + b"]")
    assert [row["sCode"] for row in envelope["data"]] == ["50036", "50036"]


def test_exp_time_of_a_cancellation_is_ignored() -> None:
    """It is for placing and amending."""
    envelope = place(frozen_venue(), "1", "cancel-order", b'{"instId":"BTC-USDT","ordId":"1"}')
    (row,) = envelope["data"]
    assert row["sCode"] == "51400"


def test_spelling_of_what_orjson_refuses_is_valid_json() -> None:
    """Numbers beyond 64 bits and halves of surrogate pairs, which clients can send and rows repeat."""
    message = {"n": 2**70, "s": "\ud800", "ä": [True, None]}
    assert json.loads(spelled(message)) == message
    assert as_json({"a": "é", "b": [1, "x"]}).body == '{"a":"é","b":[1,"x"]}'.encode()


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"sz":NaN}', b'{"a":' * 50_000, b"[[]]", b'{"a":1}garbage'])
def test_body_that_would_break_a_parser_is_refused_as_syntax_error(body: bytes) -> None:
    """50002, however deep."""
    with pytest.raises(Refusal) as caught:
        read_orders({"content-type": "application/json"}, body)
    assert caught.value.code == "50002"


@pytest.mark.parametrize("name", ["OK-ACCESS-KEY", "OK-ACCESS-SIGN", "OK-ACCESS-PASSPHRASE", "OK-ACCESS-TIMESTAMP"])
def test_header_that_is_no_utf8_is_refused_as_wrong(name: str) -> None:
    """Bytes that no key has."""
    target = "/api/v5/account/balance"
    headers = auth_headers("GET", target) | {name: "\udcff"}
    assert frozen_venue().respond("GET", target, headers).status == 401


def raw_answer(base_url: str, request: bytes) -> bytes:
    """What the venue sends back for these bytes."""
    address = urlsplit(base_url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
    return received


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"NO HTTP AT ALL\r\n\r\n", b"400"),
        (b"GET /api/v5/public/time HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b"400"),
        (b"POST /api/v5/trade/order HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
    ],
)
def test_broken_http_is_refused_in_the_gateway_envelope(request_bytes: bytes, status: bytes) -> None:
    """No stack trace, no plain text: OKX's gateway speaks JSON."""
    with served() as running:
        answer = raw_answer(running.base_url, request_bytes)
    assert answer.split()[1] == status
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error_code"] == status.decode()


def test_body_over_one_megabyte_is_refused_in_the_gateway_envelope() -> None:
    """413 before anybody looks into it."""
    with served() as running:
        connection = http.client.HTTPConnection(running.base_url.removeprefix("http://"), timeout=10)
        connection.request("POST", "/api/v5/trade/order", b"x" * ((1 << 20) + 1), JSON)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (413, 413)
        connection.close()


def test_body_that_claims_to_be_compressed_is_read_as_it_is() -> None:
    """It is no JSON then, and refused as such once its signature was checked."""
    target = "/api/v5/trade/order"
    with served() as running:
        connection = http.client.HTTPConnection(running.base_url.removeprefix("http://"), timeout=10)
        headers = auth_headers("POST", target, b"junk", at_ms=time.time_ns() // 1_000_000)
        connection.request("POST", target, b"junk", headers | JSON | {"Content-Encoding": "gzip"})
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (400, "50002")
        connection.close()


def test_times_of_the_gateway_stand_over_orders_alone() -> None:
    """Recorded with orders, their cancels and amendments; not with algo orders."""
    algo = (
        b'{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"conditional","sz":"0.01","slTriggerPx":"100",'
    )
    algo += b'"slOrdPx":"-1"}'
    timed = {
        path: "inTime" in parsed(ask(frozen_venue(), f"/api/v5/trade/{path}", method="POST", body=body))
        for path, body in (("order", ORDER), ("order-algo", algo))
    }
    assert timed == {"order": True, "order-algo": False}


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE"])
def test_other_methods_of_a_known_path_are_405(method: str) -> None:
    """OKX's 50115, over the socket as well."""
    with served() as running:
        connection = http.client.HTTPConnection(running.base_url.removeprefix("http://"), timeout=10)
        connection.request(method, "/api/v5/public/time")
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (405, "50115")
        connection.close()


def test_clock_offset_puts_venue_time_and_signatures_off() -> None:
    """A client that signs with its own clock is refused, one that signs with public time is let in."""
    clock = FrozenClock(FROZEN_MS)
    venue = EmbeddedVenue(clock=clock, auth_clock=FrozenClock(FROZEN_MS + 60_000), clock_offset_ms=60_000)
    assert parsed(venue.respond("GET", "/api/v5/public/time", {}))["data"] == [{"ts": str(FROZEN_MS + 60_000)}]
    target = "/api/v5/account/balance"
    assert json.loads(venue.respond("GET", target, auth_headers("GET", target)).body)["code"] == "50102"
    headers = auth_headers("GET", target, at_ms=FROZEN_MS + 60_000)
    assert venue.respond("GET", target, headers).status == 200


def test_signature_of_moved_venue_time_is_believed() -> None:
    """Time was advanced by hand: both the wall's and the venue's time sign."""
    venue = frozen_venue()
    venue.clock.advance(3_600_000)
    target = "/api/v5/account/balance"
    for at_ms in (FROZEN_MS, FROZEN_MS + 3_600_000):
        assert venue.respond("GET", target, auth_headers("GET", target, at_ms=at_ms)).status == 200


@pytest.mark.parametrize(("level", "mode"), [("1", "net_mode"), ("2", "long_short_mode"), ("3", "net_mode")])
def test_account_starts_with_the_asked_level_and_position_mode(level: str, mode: str) -> None:
    """As account/config tells it."""
    clock = FrozenClock(FROZEN_MS)
    venue = EmbeddedVenue(clock=clock, auth_clock=clock, account_level=level, position_mode=mode)
    (row,) = parsed(ask(venue, "/api/v5/account/config"))["data"]
    assert (row["acctLv"], row["posMode"]) == (level, mode)


def test_rate_limiter_refuses_what_comes_too_often() -> None:
    """429 with OKX's body, and only where the limiter was asked for."""
    clock = FrozenClock(FROZEN_MS)
    limited = EmbeddedVenue(clock=clock, auth_clock=clock, limiter=RateLimiter(lambda: 0))
    free = frozen_venue()
    target = "/api/v5/account/config"
    for number in range(7):
        answer = ask(limited, target)
        assert answer.status == (200 if number < 5 else 429)
        assert ask(free, target).status == 200
    assert answer.body == b'{"code":"50011","msg":"Too Many Requests"}'


def test_kept_answers_are_those_that_would_be_given_anew() -> None:
    """Asked twice after every kind of change: an order, a leverage, a second, a price by hand, another query."""
    clock = ManualClock()
    venue = EmbeddedVenue(scenario="positions", clock=clock, auth_clock=clock)
    swap = b'{"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"market","sz":"1"}'
    lever = b'{"instId":"BTC-USDT-SWAP","mgnMode":"cross","lever":"7"}'
    seen = set()

    def check() -> None:
        for query in ("", "?instId=BTC-USDT-SWAP"):
            params = {"instId": "BTC-USDT-SWAP"} if query else {}
            target = f"/api/v5/account/positions{query}"
            bodies = {
                venue.respond("GET", target, auth_headers("GET", target, at_ms=clock.at_ms)).body for _ in range(2)
            }
            rows = PRIVATE_ROUTES["GET", "/api/v5/account/positions"](venue.account, params)
            assert bodies == {as_json(success(rows, now_ms=0, trade_write=False)).body}
            seen.update(bodies)

    check()
    for path, body in (("trade/order", swap), ("account/set-leverage", lever)):
        assert json.loads(ask(venue, f"/api/v5/{path}", method="POST", body=body).body)["code"] == "0"
        check()
    clock.at_ms += 1_000
    check()
    assert venue.respond("POST", "/control/price", {}, b'{"ccy":"BTC","factor":"1.01"}').status == 200
    check()
    assert len(seen) == 10


def test_truth_file_follows_the_account(tmp_path: Path) -> None:
    """Written whole, again after every change and only then."""
    clock = ManualClock()
    venue = EmbeddedVenue(clock=clock, auth_clock=clock)
    file = tmp_path / "truth.json"
    follower = TruthFile(venue, file)
    follower.refresh()
    first = file.stat().st_mtime_ns
    assert json.loads(file.read_text()) == truth(venue.account)
    follower.refresh()
    assert file.stat().st_mtime_ns == first
    assert place(venue, "")["code"] == "0"
    follower.refresh()
    assert json.loads(file.read_text())["fills"] >= 1
    assert [one.name for one in tmp_path.iterdir()] == ["truth.json"]


def test_process_offers_everything_that_the_command_does(tmp_path: Path) -> None:
    """TLS with its certificate, level, mode, offset and a truth file, through the child's command line."""
    file = tmp_path / "truth.json"
    with VenueProcess(tls=True, account_level="3", clock_offset_ms=-5_000, truth_file=file) as process:
        assert process.cert_file is not None
        context = ssl.create_default_context(cafile=str(process.cert_file))
        connection = http.client.HTTPSConnection(
            process.secure_url.removeprefix("https://"), timeout=10, context=context
        )
        connection.request("GET", "/control/truth")
        told = json.loads(connection.getresponse().read())
        connection.close()
        assert told["balances"]["USDT"] == "100000"
    assert json.loads(file.read_text())["balances"] == told["balances"]
    assert not process.cert_file.exists()


def test_process_trades_the_instruments_of_a_file() -> None:
    """Every recorded row of the demo's swaps is listed again, unchanged."""
    file = require_shared() / "okx-payloads/burakoner_live/full/demo_get-instruments-swap.json"
    with VenueProcess(instruments=file) as process:
        connection = http.client.HTTPConnection(process.base_url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/api/v5/public/instruments?instType=SWAP")
        listed = {row["instId"]: row for row in json.loads(connection.getresponse().read())["data"]}
        connection.close()
    recorded = {row["instId"]: row for row in json.loads(file.read_text())["data"]}
    assert listed
    assert listed == {inst_id: recorded[inst_id] for inst_id in listed}


def test_scenario_that_a_table_does_not_carry_is_refused() -> None:
    """The missing instrument is named."""
    spot = tuple(one for one in INSTRUMENTS if one.inst_type == "SPOT")
    with pytest.raises(UsageError, match="the scenario positions needs BTC-USDT-SWAP"):
        EmbeddedVenue(scenario="positions", instruments=spot)


@pytest.mark.parametrize(
    "arguments",
    [["--level", "5"], ["--position-mode", "both"], ["--clock-offset", "1.5"], ["--tls-port", "99999"]],
)
def test_impossible_option_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line that names the option."""
    with pytest.raises(SystemExit) as caught:
        parse_options(["--port", "0", *arguments])
    assert caught.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_options_read_a_negative_offset() -> None:
    """Early and late."""
    assert parse_options(["--port", "0", "--clock-offset=-250"]).clock_offset == -250
    assert parse_options(["--port", "0"]).clock_offset == 0
