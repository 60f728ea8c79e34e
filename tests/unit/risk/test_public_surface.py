"""What the package offers: no way around a check, and a README whose tables are those of the code."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dualwitness import risk
from dualwitness.config import RiskConfig, VenueConfig
from dualwitness.risk import CHECKS, ReasonCode, describe_checks, describe_reasons, evaluate, validate_order

# What a way around the checks is called in other programs.
WORDS = {"bypass", "skip", "force", "ignore", "override", "disable", "unsafe", "unchecked", "trust", "exempt", "debug"}
PHRASES = ("no_check", "without_check", "dry_run", "allow_all", "allow_any")
# The leverage that is in force at the venue.
HARMLESS = {"in_force", "leverage_in_force"}
PACKAGE = Path(risk.__file__).parent


def names_in(source: str) -> Iterator[str]:
    """Every name that a caller could write: functions, classes, parameters, attributes and fields."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def ways_around(source: str) -> list[str]:
    """The names that sound like a way around the checks."""
    return sorted({name for name in names_in(source) if sounds_like_one(name)})


def sounds_like_one(name: str) -> bool:
    """Whether a name has a word or a phrase in it that such a thing is called by."""
    lower = name.lower()
    telling = WORDS & set(lower.split("_")) or any(phrase in lower for phrase in PHRASES)
    return bool(telling) and lower not in HARMLESS


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_module_of_the_engine_offers_no_way_around_a_check(path: Path) -> None:
    """No name in the source, public or private, sounds like a bypass."""
    assert ways_around(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "def validate(intent, *, bypass=False): ...",
        "class Engine:\n    skip_checks: bool = False",
        "def f(limits):\n    return limits.force_send",
        "def validate_unchecked(intent): ...",
    ],
)
def test_a_planted_way_around_is_found(source: str) -> None:
    """The search can fail: a flag, a field, an attribute and a second function are each found."""
    assert len(ways_around(source)) == 1


@pytest.mark.parametrize("model", [RiskConfig, VenueConfig], ids=["risk", "venue"])
def test_configuration_has_no_key_that_switches_a_check_off(model: type[RiskConfig | VenueConfig]) -> None:
    """Of everything that is true or false, only these are known, and none of them takes a check away."""
    switches = {name for name, field in model.model_fields.items() if "bool" in str(field.annotation).lower()}
    known = {
        RiskConfig: {"enable_ip_restrictions"},
        VenueConfig: {"enabled", "demo_mode", "allow_live_orders", "simulate_demo_orders"},
    }
    assert switches == known[model]
    assert not [name for name in model.model_fields if sounds_like_one(name)]


def test_decision_takes_nothing_but_the_order_and_what_is_known() -> None:
    """No parameter says which checks to run, or how much to believe them."""
    assert list(inspect.signature(evaluate).parameters) == ["intent", "inputs", "limits", "usage"]
    assert list(inspect.signature(validate_order).parameters) == [
        "intent",
        "inputs",
        "limits",
        "usage",
        "validated_at",
    ]
    assert list(inspect.signature(risk.RiskEngine.validate).parameters) == ["self", "intent", "inputs"]
    assert list(inspect.signature(risk.RiskEngine.may_cancel).parameters) == ["self"]


def test_list_of_checks_is_a_tuple_of_frozen_rules_with_names_of_their_own() -> None:
    """Nobody takes a check out of the list by accident, and each is listed once."""
    assert isinstance(CHECKS, tuple)
    assert len({rule.name for rule in CHECKS}) == len({rule.check for rule in CHECKS}) == len(CHECKS)
    with pytest.raises(AttributeError):
        CHECKS[0].reasons = ()  # type: ignore[misc]
    assert all(rule.reasons and rule.what for rule in CHECKS)


def test_reason_codes_are_category_and_condition_and_say_what_they_mean() -> None:
    """A code is stable, upper case, and explained in one sentence."""
    for reason in ReasonCode:
        assert re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", reason)
        assert reason.value == reason.name
        assert reason.meaning.endswith(".")
    assert {reason for rule in CHECKS for reason in rule.reasons} == set(ReasonCode)


@pytest.mark.parametrize(("marker", "table"), [("checks", describe_checks()), ("reasons", describe_reasons())])
def test_readme_holds_the_tables_of_the_code_word_for_word(marker: str, table: str) -> None:
    """Between its markers stands what the code says, and nothing else."""
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    begin, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
    assert text.count(begin) == text.count(end) == 1
    assert text.partition(begin)[2].partition(end)[0] == table


def test_decisions_are_made_without_floats_clocks_or_files() -> None:
    """The pure part is pure: no module of it imports time, random, os, a file or the store."""
    pure = [
        path
        for path in PACKAGE.glob("*.py")
        if path.name.startswith("check") or path.stem in ("case", "inputs", "rule")
    ]
    assert len(pure) == 8
    for path in pure:
        imported = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        }
        forbidden = {"time", "datetime", "random", "os", "pathlib", "sqlite3", "subprocess", "socket"}
        assert not imported & forbidden, path.name
        assert not [name for name in imported if name.endswith((".store", ".records", ".engine", ".switch"))], path.name
