"""Ten thousand malformed or illegal requests: each is answered as OKX would, and none of them changes the account."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from dualwitness.venues.sim.engine import PRIVATE_ROUTES
from dualwitness.venues.sim.engine.truth import truth
from dualwitness.venues.sim.routes_public import CURRENCIES_PATH, PUBLIC_ROUTES
from dualwitness.venues.sim.server import ServedVenue
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.judges_fuzz import Fuzz, Request, complaint
from tests.support.venue import ask, auth_headers, frozen_venue, served

ROUTES = [*PUBLIC_ROUTES, *PRIVATE_ROUTES, ("GET", CURRENCIES_PATH)]
COUNT, SEEDS = 2_000, range(5)
CHUNK = 200
READS = (
    "account/balance", "account/bills", "account/config", "account/positions", "account/positions-history",
    "asset/balances", "trade/fills", "trade/orders-pending", "trade/orders-history?instType=SWAP",
    "trade/orders-history?instType=SPOT", "account/leverage-info?mgnMode=cross&instId=BTC-USDT-SWAP",
    "trade/orders-algo-pending?ordType=trigger", "trade/orders-algo-pending?ordType=conditional",
)  # fmt: skip


def everything(venue: EmbeddedVenue) -> dict[str, object]:
    """All that the account holds and that its owner can read of it."""
    answers = {path: ask(venue, f"/api/v5/{path}").body for path in READS}
    return {**answers, "truth": truth(venue.account)}


def faults(venue: EmbeddedVenue, requests: list[Request]) -> Iterator[str]:
    """Every request of the stream that was answered wrongly, or at whose answer the account was another one."""
    before = everything(venue)
    for begin in range(0, len(requests), CHUNK):
        chunk = requests[begin : begin + CHUNK]
        yield from (told for request in chunk if (told := fault(venue, request)))
        after = everything(venue)
        if after != before:
            changed = [name for name in after if after[name] != before[name]]
            yield f"requests {begin} to {begin + CHUNK} changed {changed}"
            before = after


def fault(venue: EmbeddedVenue, request: Request) -> str | None:
    """What was wrong with the answer to one request."""
    try:
        response = venue.respond(request.method, request.target, request.headers, request.body)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault of the venue
        problem: str | None = f"raised {type(error).__name__}: {str(error)[:100]}"
    else:
        problem = complaint(request, response.status, response.body)
    if problem is None:
        return None
    return f"{request.kind}: {request.method} {request.target[:160]} {request.body[:160]!r}: {problem}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_fuzzed_requests_are_refused_as_okx_would_and_change_nothing(seed: int) -> None:
    """2,000 requests a seed over every route: OKX's shape, no exception, no 5xx, the same account before and after."""
    venue = frozen_venue("positions")
    fuzz = Fuzz(seed, ROUTES, venue.market.last)
    assert list(faults(venue, list(fuzz.requests(COUNT)))) == []


def test_fuzzer_reaches_every_route_in_every_way() -> None:
    """The stream of one seed names every path, and holds every kind of fault."""
    venue = frozen_venue("funded")
    requests = list(Fuzz(0, ROUTES, venue.market.last).requests(COUNT))
    assert {path for _, path in ROUTES} <= {request.target.partition("?")[0] for request in requests}
    assert {request.kind for request in requests} == {
        "wrong method", "unknown path", "junk words", "broken body", "content type", "nonsense body", "bad keys",
        "illegal act",
    }  # fmt: skip


def test_fuzzer_repeats_itself_from_its_seed() -> None:
    """A seed that failed fails again."""
    venue = frozen_venue("funded")
    first, second = (list(Fuzz(3, ROUTES, venue.market.last).requests(50)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"code":"50026","data":[],"msg":"System error"}'),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"code":"51000","data":[],"msg":""}'),
        (200, b'{"code":"0","data":[],"msg":""}'),
        (200, b'{"code":"2","data":[{"sCode":"0"}],"msg":"x"}'),
        (401, b'{"code":"50111","data":[],"msg":"x"}'),
        (200, b'{"code":51000,"data":[],"msg":"x"}'),
    ],
)
def test_answer_that_okx_would_not_give_is_complained_of(status: int, body: bytes) -> None:
    """The judge can say no: each of these answers to an illegal request is a fault."""
    request = Request("illegal act", "POST", "/api/v5/trade/order", {}, b"{}", refused=True)
    assert complaint(request, status, body) is not None


def test_order_that_repeats_a_pending_client_id_is_refused_and_leaves_one_order() -> None:
    """51016 for the second, alone and inside one batch."""
    venue = frozen_venue("funded")
    price = str(int(venue.market.last("BTC-USDT-SWAP") * 985 // 1000))
    order = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": price,
             "clOrdId": "same1"}  # fmt: skip
    single = json.dumps(order).encode()
    assert json.loads(ask(venue, "/api/v5/trade/order", method="POST", body=single).body)["code"] == "0"
    before = everything(venue)
    refused = json.loads(ask(venue, "/api/v5/trade/order", method="POST", body=single).body)
    assert (refused["code"], refused["data"][0]["sCode"]) == ("1", "51016")
    pair = json.dumps([order, order]).encode()
    batch = json.loads(ask(venue, "/api/v5/trade/batch-orders", method="POST", body=pair).body)
    assert [row["sCode"] for row in batch["data"]] == ["51016", "51016"]
    assert everything(venue) == before


@pytest.fixture(scope="module")
def running() -> Iterator[ServedVenue]:
    """A venue on loopback."""
    with served("positions") as venue:
        yield venue


def sent(running: ServedVenue, data: bytes) -> bytes:
    """Everything that comes back for some raw bytes until the venue closes or falls silent."""
    port = int(running.base_url.rpartition(":")[2])
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.settimeout(0.4)
        try:
            connection.sendall(data)
            while chunk := connection.recv(65_536):
                received += chunk
        except OSError:
            # A reset or silence: what came until then is judged.
            return received
    return received


_LINES = (
    b"", b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET /\xff HTTP/1.1\r\n\r\n",
    b"POST /api/v5/trade/order HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{}",
    b"POST /api/v5/trade/order HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
    b"POST /api/v5/trade/order HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /api/v5/trade/order HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
    b"GET /api/v5/public/time HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET /api/v5/public/time?" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /api/v5/public/time HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(2_000)) + b"\r\n",
    b"POST /api/v5/trade/order HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
)  # fmt: skip


@pytest.mark.parametrize("line", _LINES, ids=range(len(_LINES)))
def test_broken_bytes_over_a_socket_are_refused_and_the_next_request_is_served(
    running: ServedVenue, line: bytes
) -> None:
    """Never a 5xx, no traceback, and the venue goes on."""
    before = everything(running.venue)
    answer = sent(running, line)
    assert not answer.startswith((b"HTTP/1.1 5", b"HTTP/1.0 5")), answer[:300]
    assert b"Traceback" not in answer
    assert b" 200 " in sent(running, b"GET /api/v5/public/time HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert everything(running.venue) == before


def test_body_of_many_megabytes_is_refused_without_being_obeyed(running: ServedVenue) -> None:
    """A signed order of 3 MB does not reach the account and gives no 5xx."""
    before = everything(running.venue)
    body = b'{"instId":"' + b"A" * 3_000_000 + b'"}'
    headers = auth_headers("POST", "/api/v5/trade/order", body) | {
        "Host": "a", "Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close",
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    answer = sent(running, f"POST /api/v5/trade/order HTTP/1.1\r\n{head}\r\n".encode() + body)
    assert b"HTTP/1.1 5" not in answer[:12]
    assert everything(running.venue) == before
