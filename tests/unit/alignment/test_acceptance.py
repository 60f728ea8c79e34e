"""What the difference log lets a preflight pass, and what it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.acceptance import accepted_by_log, installed_versions
from dualwitness.alignment.preflight import Preflight
from dualwitness.alignment.recording import LogFailed
from dualwitness.models import Library, RunMode, Severity, TdMode, ValidatedOrder
from dualwitness.models.finding import Finding
from dualwitness.models.wire import WireRequest
from dualwitness.venues.account_resolver import AccountResolver
from tests.support.clients import checked_order
from tests.support.difflog_records import TODAY, VERSIONS, change_of, keep_bodies, made_entry, open_log
from tests.support.preflight_world import preflight_world


@pytest.fixture
def finding(monkeypatch: pytest.MonkeyPatch) -> Finding:
    """An order of ours that CCXT would send under another trade mode."""
    with preflight_world() as world:
        client = world.client(Library.CCXT)
        build = client.build_order_request

        def isolated(order: ValidatedOrder) -> WireRequest:
            request: WireRequest = build(order)
            return replace(request, body=request.body.replace(b'"cross"', b'"isolated"'))

        monkeypatch.setattr(client, "build_order_request", isolated)
        order = checked_order("BTC/USDT:USDT", "0.01", client_order_id="a1")
        (found,) = Preflight(world.clients, lambda _: None).check(order).findings
    return found


@pytest.fixture
def log(tmp_path: Path, finding: Finding) -> Path:
    """A log in which exactly that difference is accepted until the end of the year."""
    folder = tmp_path / "log"
    entry = made_entry(fingerprint=finding.fingerprint, field=finding.field, operation=finding.operation)
    with open_log(folder) as opened:
        keep_bodies(opened, 0)
        opened.append(entry)
        opened.append(change_of(entry, "understood"))
        opened.append(change_of(entry, "accepted-risk", expires=date(2026, 12, 31)))
    return folder


def verdict(folder: Path | None, finding: Finding, **options: Any) -> str | None:
    """What the log says of a finding, today and with the versions that it names, unless told otherwise."""
    asked = {"mode": RunMode.OKX_DEMO_SIM, "today": lambda: TODAY, "versions": VERSIONS} | options
    return accepted_by_log(folder, **asked)(finding)


def test_accepted_difference_is_accepted_by_its_entry(log: Path, finding: Finding) -> None:
    """The same fingerprint, symbol and field, up to the severity, for these versions."""
    accepted = verdict(log, finding)
    assert accepted is not None
    assert accepted.startswith("DIFF-")


@pytest.mark.parametrize(
    "change",
    [{"symbol": "ETH/USDT:USDT"}, {"field": "size"}, {"severity": Severity.S3}, {"fingerprint": "0123456789abcdef"}],
    ids=str,
)
def test_anything_but_the_accepted_difference_is_not_accepted(
    log: Path, finding: Finding, change: dict[str, Any]
) -> None:
    """Another symbol, field, severity or difference was never decided on."""
    assert verdict(log, finding.model_copy(update=change)) is None


def test_acceptance_ends_with_its_day_while_the_process_runs(log: Path, finding: Finding) -> None:
    """The log is read once, the day is asked for each time."""
    day = [date(2026, 12, 31)]
    accept = accepted_by_log(log, mode=RunMode.OKX_DEMO_SIM, today=lambda: day[0], versions=VERSIONS)
    assert accept(finding) is not None
    day[0] += timedelta(days=1)
    assert accept(finding) is None


def test_acceptance_holds_for_the_versions_and_the_world_that_it_names(log: Path, finding: Finding) -> None:
    """What was accepted of the embedded venue says nothing of a real account, nor of an upgraded library."""
    assert verdict(log, finding, versions=VERSIONS | {"ccxt": "9.9.9"}) is None
    assert verdict(log, finding, mode=RunMode.OKX_DEMO_API) is None
    assert verdict(log, finding, mode=RunMode.OKX_LIVE) is None


def test_log_that_is_not_there_accepts_nothing(tmp_path: Path, finding: Finding) -> None:
    """No log, no acceptance; and none is made."""
    assert verdict(None, finding) is None
    assert verdict(tmp_path / "nowhere", finding) is None
    assert not (tmp_path / "nowhere").exists()


def test_log_that_was_changed_ends_the_preflight(log: Path, finding: Finding) -> None:
    """A record that was edited accepts nothing and is not passed over: it is an integrity failure."""
    path = log / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"ops"', b'"me!"'))
    with pytest.raises(LogFailed, match="was changed"):
        verdict(log, finding)


def test_installed_versions_name_both_libraries() -> None:
    """As the log names them."""
    assert installed_versions().keys() == {"ccxt", "okx_sdk"}


def test_kept_log_of_the_project_lets_no_disputed_size_of_ours_pass(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It accepts that the bare libraries read a market buy of 1 in different units; an order of ours it does not."""
    accepts = accepted_by_log(repository / "difflog" / "log", mode=RunMode.OKX_DEMO_SIM, today=lambda: TODAY)
    with preflight_world() as world:
        client = world.client(Library.OKX_SDK)
        build = client.build_order_request

        def in_quote(order: ValidatedOrder) -> WireRequest:
            request: WireRequest = build(order)
            body = json.loads(request.body) | {"tgtCcy": ""}
            return replace(request, body=json.dumps(body).encode())

        monkeypatch.setattr(client, "build_order_request", in_quote)
        order = checked_order("BTC/USDT", "0.01", td_mode=TdMode.CASH, client_order_id="a1")
        result = Preflight(world.clients, accepts, resolver=AccountResolver(world.clients["okx_sdk"])).check(order)
    assert not result.ok
    assert [one.field for one in result.findings] == ["size_unit"]
