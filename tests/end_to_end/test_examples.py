"""Every example runs as a user starts it: to its end, quickly, on loopback alone, and with nothing left behind."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from dualwitness.models import Direction
from examples import strategy_loop
from tests.end_to_end.test_no_socket import PROXIES, RECORDER
from tests.support.audit_run import ROOT, clean_environment

EXAMPLES = sorted(
    path.stem for path in (ROOT / "examples").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")
)
LONGEST_CPU_S = 10


@dataclass(frozen=True)
class ExampleRun:
    """An example that has ended, whom it spoke to, what it left, and what it cost."""

    done: subprocess.CompletedProcess[str]
    peers: tuple[str, ...]
    left: tuple[Path, ...]
    cpu_s: float


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ExampleRun]:
    """One example, behind dead proxies, with a key in the environment that is none of its business."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "sitecustomize.py").write_text(RECORDER, encoding="utf-8")
    cwd = tmp_path_factory.mktemp("cwd")
    more = {"DUALWITNESS_TEST_PEERS": str(folder / "peers.txt"), "OKX_API_KEY": "my-very-own-key", **PROXIES}
    before = _cpu_s()
    done = subprocess.run(
        [sys.executable, "-m", f"examples.{request.param}"],
        cwd=cwd,
        env=clean_environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    peers = (folder / "peers.txt").read_text(encoding="utf-8").splitlines()
    return request.param, ExampleRun(done, tuple(peers), tuple(cwd.rglob("*")), _cpu_s() - before)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_example_ends_well_and_quickly_and_leaves_nothing(example: tuple[str, ExampleRun]) -> None:
    """Exit code 0, not a word on stderr, no file, and no more of the processor than a look at it is worth."""
    _, run = example
    assert (run.done.returncode, run.done.stderr) == (0, ""), run.done.stdout
    assert run.left == ()
    assert run.cpu_s < LONGEST_CPU_S
    assert "my-very-own-key" not in run.done.stdout


def test_example_speaks_to_loopback_alone_whatever_the_proxies_say(example: tuple[str, ExampleRun]) -> None:
    """No connection and no name looked up beyond this machine; the recorder did record."""
    _, run = example
    assert "socket.connect 127.0.0.1" in run.peers
    assert {line.split()[1] for line in run.peers} <= {"127.0.0.1", "localhost", "::1"}


def test_example_shows_what_its_page_says_of_it(example: tuple[str, ExampleRun]) -> None:
    """The loop sends, repeats, is refused twice and closes; the migration comes to the same by both ways."""
    name, run = example
    told = run.done.stdout
    if name == "strategy_loop":
        outcomes = re.findall(r"^    outcome   (\w+)(?: at (\w+): (\w+))?", told, re.MULTILINE)
        assert outcomes == [
            ("filled", "", ""),
            ("filled", "", ""),
            ("rejected", "risk", "NOTIONAL_ABOVE_TRADE_LIMIT"),
            ("rejected", "sizing", "SIZING_SIZE"),
            ("filled", "", ""),
        ]
        beliefs = re.findall(r"believes (\S+) contracts, because ccxt says (\S+) and okx_sdk says (\S+)", told)
        assert all(len(set(belief)) == 1 for belief in beliefs)
        held = [belief[0] for belief in beliefs]
        # The order that was asked for twice is there once.
        assert held == ["0", held[1], held[1], held[1], held[1], "0"]
        assert Decimal(held[1]) != 0
        assert told.count("nothing is sent again") == 1
    elif name == "guarded_loop":
        outcomes = re.findall(r"^    outcome   (\w+)(?: at risk: (\w+))?", told, re.MULTILINE)
        assert [reason or word for word, reason in outcomes] == [
            "filled",
            "filled",
            "POSITION_CONTRADICTED",
            "filled",
            "filled",
            "POSITION_UNRELIABLE",
            "filled",
        ]
        believed = re.findall(r"^    believes  (\w+ [\d.]+ contracts \(\w+\)|unknown \(\w+, \w+\))", told, re.MULTILINE)
        assert believed == [
            "flat 0 contracts (reliable)",
            "long 0.5 contracts (reliable)",
            "long 0.9 contracts (reconstructed_from_fills)",
            "long 0.9 contracts (reconstructed_from_fills)",
            "long 0.5 contracts (reliable)",
            "unknown (stale, unreliable)",
            "long 0.7 contracts (reliable)",
        ]
        assert "in the end: flat 0 contracts (reliable)" in told
        assert "None -> reliable, reliable -> reconstructed_from_fills" in told
    elif name == "migrating_from_ccxt":
        # All but the price, which moves between the two.
        (before,) = re.findall(r"before: price [\d.]+, (.*)", told)
        (after,) = re.findall(r"after:  price [\d.]+, (.*)", told)
        assert re.sub(r"\.0\b", "", before) == after == "free 100000, filled 1, position 1"
        assert (told.count("bought: filled"), told.count("sold: filled")) == (1, 1)
    else:
        pytest.fail(f"nobody says what {name} should show")


def test_page_of_the_examples_names_every_example_and_no_other() -> None:
    """A file that is not explained, and a command that does not exist, are both found."""
    page = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `python -m examples\.(\w+)` \|", page, re.MULTILINE)) == EXAMPLES
    helpers = {path.name for path in (ROOT / "examples").glob("*.py")} - {f"{name}.py" for name in EXAMPLES}
    assert all(f"`{name}`" in page for name in helpers)


# What the loop does where the libraries disagree: no run of the honest venue shows it.


def _client(contracts: str | None, direction: Direction | None = Direction.LONG) -> SimpleNamespace:
    """A client that tells one position; None for one that it cannot size."""
    size = None if contracts is None else Decimal(contracts)
    row = SimpleNamespace(has_position=size != 0, contracts=size, direction=direction)
    prices = [SimpleNamespace(close=Decimal(60000 + minute)) for minute in range(20)]
    return SimpleNamespace(
        get_positions=lambda _symbol: (row,),
        get_ticker=lambda _symbol: SimpleNamespace(last=Decimal(60000)),
        get_candles=lambda *_: prices,
    )


@pytest.mark.parametrize(
    ("ccxt", "okx_sdk", "believed"),
    [
        (_client("1"), _client("1"), Decimal(1)),
        (_client("1", Direction.SHORT), _client("1", Direction.SHORT), Decimal(-1)),
        (_client("0"), _client("0"), Decimal(0)),
        (_client("1"), _client("2"), None),
        (_client("1"), _client("1", Direction.SHORT), None),
        (_client("1"), _client("0"), None),
        (_client(None), _client(None), None),
        (_client("1", None), _client("1", None), None),
    ],
)
def test_loop_believes_only_what_both_libraries_say(
    ccxt: SimpleNamespace, okx_sdk: SimpleNamespace, believed: Decimal | None
) -> None:
    """A disagreement is no average, and two libraries that do not know do not agree."""
    assert strategy_loop.believe({"ccxt": ccxt, "okx_sdk": okx_sdk}).contracts == believed


def test_loop_that_does_not_know_its_position_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with exit code 1 before the first intent."""
    executed: list[object] = []
    trader = SimpleNamespace(tend=lambda: (), execute=lambda intent, **_: executed.append(intent))
    assert strategy_loop.run({"ccxt": _client("1"), "okx_sdk": _client("0")}, trader) == 1
    assert executed == []
    assert "a person must look" in capsys.readouterr().out
