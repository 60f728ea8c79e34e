"""``python -m risk``: each switch by hand, what it prints, and the code it ends with."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from dualwitness.config import load_risk_config
from dualwitness.risk import RiskEngine, RiskStore
from dualwitness.risk.commands import main
from tests.support.risk_world import inputs_of, intent_of

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "risk.yaml"
NAMED = ["--who", "Ann Example", "--why", "a test of the command"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose switch and state lie in the test's own folder."""
    folder = tmp_path / "config"
    folder.mkdir()
    text = SHIPPED.read_text(encoding="utf-8").replace("reports/risk/", f"{tmp_path}/files/")
    (folder / "risk.yaml").write_text(text, encoding="utf-8")
    return folder


def now_ms() -> int:
    """The clock that the command reads."""
    return time.time_ns() // 1_000_000


def run(config: Path, *words: str) -> int:
    """The command over that configuration."""
    return main([*words, "--config", str(config)])


def engine_of(config: Path) -> RiskEngine:
    """The engine of a program that runs beside the command."""
    limits = load_risk_config(config)
    return RiskEngine(limits, RiskStore(limits.risk_state_file), now_ms)


def test_status_of_a_fresh_store_is_active_and_ends_with_zero(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is tripped, nothing is open, and it is said in words."""
    assert run(config, "status") == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "trading state  active",
        "kill switch    not tripped",
        "latched        none",
        "open orders    0",
    ]
    assert told.err == ""


def test_kill_by_hand_stops_a_running_program_and_names_what_is_open(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next order is refused, status is exit 4, and the open order is there to be cancelled."""
    engine = engine_of(config)
    assert engine.validate(intent_of(), inputs_of(now_ms())).risk_checks_passed
    assert run(config, "kill", *NAMED) == 0
    assert "order1 okx BTC/USDT:USDT long 500.00 USD unknown" in capsys.readouterr().out
    refused = engine.validate(intent_of(client_order_id="next"), inputs_of(now_ms()))
    assert str(refused.rejection_reason).startswith("KILL_TRIPPED")
    assert run(config, "status", "--json") == 4
    status = json.loads(capsys.readouterr().out)
    assert (status["orders_may_pass"], status["kill_switch_tripped"]) == (False, True)
    assert [order["client_order_id"] for order in status["open_orders"]] == ["order1"]
    assert status["last_acts"][0]["who"] == "Ann Example"
    assert run(config, "reset", *NAMED) == 0
    assert run(config, "status") == 0
    assert engine.validate(
        intent_of(client_order_id="next", price=Decimal(50_001)), inputs_of(now_ms())
    ).risk_checks_passed


@pytest.mark.parametrize(("command", "state"), [("halt", "halted"), ("reduce", "reducing")])
def test_state_by_hand_is_the_state_of_the_running_program(config: Path, command: str, state: str) -> None:
    """The switch that a person moves is the one that the engine looks at."""
    engine = engine_of(config)
    assert run(config, command, *NAMED) == 0
    assert engine.state == state
    assert run(config, "status") == 4
    assert run(config, "reset", *NAMED) == 0
    assert engine.state == "active"


def test_reset_of_one_strategy_leaves_everything_else_as_it_was(config: Path) -> None:
    """One latch is opened, the halted state stays."""
    assert run(config, "halt", *NAMED) == 0
    assert run(config, "reset", *NAMED, "--strategy", "trend_following") == 0
    assert engine_of(config).state == "halted"


@pytest.mark.parametrize("command", ["kill", "halt", "reduce", "reset"])
@pytest.mark.parametrize("words", [[], ["--who", "Ann"], ["--why", "because"], ["--who", "", "--why", "x"]])
def test_switch_by_hand_without_a_name_or_a_reason_moves_nothing(
    config: Path, command: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, a sentence on stderr, nothing on stdout."""
    assert run(config, command, *words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err
    assert engine_of(config).state == "active"
    assert not engine_of(config).kill_tripped


def test_kill_by_hand_holds_even_where_the_store_cannot_be_used(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is written first, and alone it stops the trading once the store answers again."""
    limits = load_risk_config(config)
    state = Path(limits.risk_state_file)
    state.parent.mkdir()
    state.write_bytes(b"no database" * 500)
    assert run(config, "kill", *NAMED) == 5
    assert "never delete it" in capsys.readouterr().err
    assert Path(limits.kill_switch_file).exists()
    state.unlink()
    assert engine_of(config).kill_tripped


def test_text_that_would_move_a_terminal_is_shown_without_its_power(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What somebody wrote into the kill file is shown, and does nothing."""
    limits = load_risk_config(config)
    Path(limits.kill_switch_file).parent.mkdir()
    Path(limits.kill_switch_file).write_bytes(b"\x1b[2Jcleared\n")
    assert run(config, "status") == 4
    out = capsys.readouterr().out
    assert "cleared" in out
    assert out.replace("\n", "").isprintable()


def test_configuration_that_is_wrong_is_exit_two_with_its_line(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command does not run on limits that it could not read."""
    with (config / "risk.yaml").open("a", encoding="utf-8") as file:
        file.write("max_leverge: 3\n")
    assert run(config, "status") == 2
    assert "max_leverge: is not a known key" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["risk", "dualwitness.risk"])
def test_command_under_both_names_helps_without_loading_anything_heavy(repository: Path, module: str) -> None:
    """``--help`` answers with every command, and loads neither a library nor the store."""
    program = (
        "import runpy, sys; sys.argv = ['risk', '--help']; heavy = ('ccxt', 'okx', 'deepdiff', 'sqlite3')\n"
        f"try: runpy.run_module({module!r}, run_name='__main__', alter_sys=True)\n"
        "except SystemExit as stop: print(stop.code, [name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert all(word in done.stdout for word in ("status", "kill", "halt", "reduce", "reset"))
