"""The venue on a socket and as a process."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.process import VenueProcess
from dualwitness.venues.sim.server import bind_loopback, serve_in_thread
from tests.support.venue import FROZEN_MS, ManualClock, auth_headers, frozen_venue, served

ROOT = Path(__file__).resolve().parents[4]
COMMAND = [sys.executable, "-m", "dualwitness.venues.sim"]


def connect(base_url: str) -> http.client.HTTPConnection:
    """A plain connection, without proxies and without any library under test."""
    return http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=10)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, to its end."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=30, check=False)


def test_served_venue_answers_the_same_bytes_as_asked_directly() -> None:
    """The server adds nothing and takes nothing away; the connection stays open between requests."""
    target = "/api/v5/market/books?instId=BTC-USDT&sz=40"
    with served() as running:
        connection = connect(running.base_url)
        for _ in range(3):
            connection.request("GET", target)
            answer = connection.getresponse()
            assert answer.read() == frozen_venue().respond("GET", target, {}).body
            assert answer.headers["content-type"] == "application/json"
            assert not answer.will_close
        connection.close()


def test_served_venue_checks_the_query_exactly_as_it_was_sent() -> None:
    """Percent signs and an odd order of parameters are signed as they stand on the wire."""
    now_ms = time.time_ns() // 1_000_000
    target = "/api/v5/account/positions?instType=SWAP&instId=BTC%2DUSDT%2DSWAP"
    with served() as running:
        connection = connect(running.base_url)
        connection.request("GET", target, headers=auth_headers("GET", target, at_ms=now_ms))
        assert connection.getresponse().status == 200
        connection.close()
        connection.request("GET", target.replace("%2D", "-"), headers=auth_headers("GET", target, at_ms=now_ms))
        assert json.loads(connection.getresponse().read())["code"] == "50113"
        connection.close()


def test_served_post_passes_its_exact_body() -> None:
    """The body that was signed is the body that is read."""
    body = b'{ "instId": "NOPE-USDT" , "tdMode":"cash","side":"buy","ordType":"market","sz":"1"}'
    target = "/api/v5/trade/order"
    with served() as running:
        headers = auth_headers("POST", target, body, at_ms=time.time_ns() // 1_000_000)
        connection = connect(running.base_url)
        connection.request("POST", target, body, headers | {"Content-Type": "application/json"})
        envelope = json.loads(connection.getresponse().read())
        connection.close()
    assert envelope["code"] == "1"
    assert envelope["data"][0]["sCode"] == "51001"


def test_delay_is_added_to_every_answer() -> None:
    """Benchmarks can give the venue a distance."""
    with serve_in_thread(frozen_venue(), delay_ms=120) as running:
        connection = connect(running.base_url)
        started = time.monotonic()
        connection.request("GET", "/api/v5/public/time")
        connection.getresponse().read()
        connection.close()
        assert time.monotonic() - started >= 0.12


def test_running_clock_moves_public_time() -> None:
    """Public time is the venue's data clock."""
    from dualwitness.venues.sim.venue import EmbeddedVenue

    clock = ManualClock()
    venue = EmbeddedVenue(clock=clock)
    before = venue.respond("GET", "/api/v5/public/time", {}).body
    clock.at_ms += 1
    assert venue.respond("GET", "/api/v5/public/time", {}).body != before


def test_taken_port_ends_the_command_with_2_and_one_line() -> None:
    """No traceback, the port is named."""
    with bind_loopback(0) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port))
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert f"port {port} on 127.0.0.1 is taken" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--port", "0", "--lie", "position_empty"], "did you mean positions_empty?"),
        (["--port", "0", "--lie", "positions_empty@okx"], "did you mean okx_sdk?"),
        (["--port", "0", "--scenario", "position"], "did you mean positions?"),
        (["--port", "70000"], "port must be 0 to 65535, was '70000'"),
        (["--port", "0", "--frozen-at", "now"], "was 'now'"),
    ],
)
def test_impossible_command_line_ends_with_2_and_a_hint(arguments: list[str], hint: str) -> None:
    """The nearest name is offered."""
    ended = run(*arguments)
    assert ended.returncode == 2
    assert hint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_help_loads_neither_web_server_nor_library() -> None:
    """Help is quick and says what there is."""
    code = (
        "import sys; from dualwitness.venues.sim.options import parse_options\n"
        "try: parse_options(['--help'])\n"
        "except SystemExit: print('LOADED', sorted({'aiohttp', 'ccxt', 'okx', 'deepdiff'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=30, check=True
    )
    assert "LOADED []" in ended.stdout
    assert "--frozen-at" in ended.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_prints_one_line_serves_and_ends_with_0_on_a_signal(number: signal.Signals) -> None:
    """The promised line and nothing else, also under the short module name."""
    child = subprocess.Popen(
        [sys.executable, "-m", "venues.sim", "--port", "0", "--frozen-at", str(FROZEN_MS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line.startswith("venue listening on http://127.0.0.1:")
    connection = connect(line.split()[-1])
    connection.request("GET", "/api/v5/public/time")
    assert json.loads(connection.getresponse().read())["data"] == [{"ts": str(FROZEN_MS)}]
    connection.close()
    child.send_signal(number)
    rest, errors = child.communicate(timeout=15)
    assert (child.returncode, rest, errors) == (0, "", "")


def test_venue_process_serves_counts_lies_and_ends_with_its_block() -> None:
    """A child of its own, gone afterwards."""
    with VenueProcess(scenario="positions", lies=["stale_ticker@ccxt"], frozen_at_ms=FROZEN_MS) as process:
        connection = connect(process.base_url)
        connection.request("GET", "/api/v5/market/ticker?instId=BTC-USDT", headers={"User-Agent": "python-requests/2"})
        connection.getresponse().read()
        connection.close()
        assert process.lie_report() == [{"asked": 1, "library": "ccxt", "lie": "stale_ticker", "told": 1}]
        port = int(process.base_url.rsplit(":", 1)[1])
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def test_venue_process_with_an_unknown_lie_says_so() -> None:
    """The child's own words come back as a usage error, and no child stays behind."""
    with pytest.raises(UsageError, match="did you mean positions_empty"):
        VenueProcess(lies=["position_empty"])


def test_venue_process_ends_when_its_parent_is_killed() -> None:
    """A parent that dies without a word leaves no orphan."""
    code = (
        "import os, signal; from dualwitness.venues.sim.process import VenueProcess\n"
        "process = VenueProcess(); print(process._child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=30, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    pid = int(killed.stdout)
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    """Whether a process still runs; a zombie that nobody waits for does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
