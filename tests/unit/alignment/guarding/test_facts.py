"""The risk engine under a guard: it takes what the guard would let pass, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from dualwitness.alignment.guarding.facts import GuardedFacts
from dualwitness.config import VenueConfig, load_risk_config, load_venue_config
from dualwitness.models import Library, OrderIntent, PositionsQuality, Side, Venue
from dualwitness.risk import TradingMode
from dualwitness.venues import UsageError
from dualwitness.venues.routing_facts import ClientFacts
from dualwitness.venues.routing_opening import TraderFiles, open_route, open_trader
from dualwitness.venues.trading import Trader
from tests.support.clients import opened
from tests.support.guard_world import BTC, ETH, GuardWorld, guard_world, intent
from tests.support.trading_world import KEYS, both_compared, write_config

RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE = PositionsQuality


@dataclass
class Desk:
    """A trader whose risk engine asks the guard, over a venue that lies when it is told to."""

    world: GuardWorld
    trader: Trader
    config: VenueConfig
    _sent: int = 0

    def execute(self, wanted: OrderIntent) -> str:
        """What becomes of an order: filled, or the reason why it was refused."""
        self._sent += 1
        execution = self.trader.execute(wanted, nonce=self._sent)
        return str(execution.reason if execution.fate is None else execution.fate.state)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One venue, one guard, one trader."""
    folder = tmp_path_factory.mktemp("desk")
    config_folder = write_config(folder)
    with guard_world() as world:
        trader = open_trader(
            "okx",
            KEYS,
            who="tests",
            preflight=both_compared,
            config_folder=config_folder,
            base_url=world.base_url,
            journal_folder=folder / "exchanges",
            facts=world.guard.facts,
        )
        with trader:
            yield Desk(world, trader, load_venue_config("okx", config_folder))


@pytest.fixture
def honest(desk: Desk) -> Iterator[Desk]:
    """The desk before a lie, and after it."""
    assert desk.world.guard.positions([BTC, ETH]).account_quality is RELIABLE
    yield desk
    desk.world.withdraw()


def opening() -> OrderIntent:
    """Adds to the long."""
    return intent(BTC, Side.LONG)


def closing(size: str = "0.001") -> OrderIntent:
    """Takes from the long."""
    return intent(BTC, Side.SHORT, size, reduce_only=True)


def test_order_on_proven_positions_passes(honest: Desk) -> None:
    """The guard stands in nobody's way."""
    assert honest.execute(opening()) == "filled"


@pytest.mark.parametrize("lie", ["positions_empty", "position_side_flipped", "positions_empty@ccxt"])
def test_conflict_lets_reducing_orders_pass_alone(honest: Desk, lie: str) -> None:
    """What the fills prove may be reduced, through the whole way of an order; nothing is opened, nothing flipped."""
    honest.world.plant(lie)
    assert honest.execute(opening()) == "POSITION_CONTRADICTED"
    assert honest.execute(closing("0.9")) in ("POSITION_CONTRADICTED", "NOTIONAL_ABOVE_TRADE_LIMIT")
    assert honest.execute(closing()) == "filled"


def test_conflict_about_another_instrument_lets_reducing_orders_pass_alone(honest: Desk) -> None:
    """A venue that leaves out one position is not believed about the other."""
    honest.world.plant("position_missing")
    assert honest.world.guard.position(BTC).quality is RELIABLE
    assert honest.execute(opening()) == "POSITION_CONTRADICTED"
    assert honest.execute(closing()) == "filled"


@pytest.mark.parametrize("wanted", [opening(), closing()])
def test_evidence_that_is_gone_lets_nothing_pass(honest: Desk, wanted: OrderIntent) -> None:
    """Not even an order that says it reduces."""
    faults = ("account/positions", "trade/fills-history", "account/bills-archive")
    honest.world.plant(*(f"html_instead_of_json:path={path}" for path in faults))
    honest.world.guard.forget("tests", "nothing is known")
    assert honest.execute(wanted).startswith(("POSITION_", "REDUCE_"))
    honest.world.withdraw()
    honest.world.guard.forget("tests", "all is known again")


def test_cancel_passes_whatever_is_known(honest: Desk) -> None:
    """An order that rests is cancelled while the evidence is gone."""
    with opened(Library.OKX_SDK, honest.world.base_url) as client:
        last = client.get_ticker(BTC).last
    assert last is not None
    price = (last * Decimal("0.99")).quantize(Decimal("0.1"))
    resting = intent(BTC, Side.LONG, order_type="limit", price=price, client_order_id="resting1")
    assert honest.execute(resting) == "live"
    honest.world.plant("positions_empty", "html_instead_of_json:path=account/bills-archive")
    fate = honest.trader.cancel("resting1").fate
    assert fate is not None
    assert str(fate.state) == "cancelled"


def test_facts_of_a_guard_leave_everything_but_the_position_to_the_clients(honest: Desk) -> None:
    """Price, time and leverage are read as before; the position is not read a second time."""
    with opened(Library.OKX_SDK, honest.world.base_url) as client:
        base = ClientFacts({"okx_sdk": client}, lambda: 1_800_000_000_000, main="okx_sdk")
        facts = GuardedFacts(base, honest.world.guard.ruling)
        (instrument,) = (one for one in client.get_instruments() if one.symbol == BTC)
        honest.world.guard.positions()
        before = honest.world.venue.asked["account/positions"]
        told = facts.gather(opening(), instrument, config=honest.config, mode=TradingMode.DEMO).inputs
        assert honest.world.venue.asked["account/positions"] == before + 2
        assert (told.positions_quality, told.only_reducing) == (RELIABLE, False)
        held = honest.world.truth()[BTC, "net"]
        assert instrument.contract_size is not None
        assert (told.long_base, told.short_base) == (held * instrument.contract_size, Decimal(0))
        assert told.reference_price is not None
        assert told.leverage_in_force is not None
        alone = base.without_positions().gather(opening(), instrument, config=honest.config, mode=TradingMode.DEMO)
        assert (alone.inputs.positions_quality, alone.inputs.long_base) == (None, None)


def test_paper_account_refuses_the_guard_of_another(honest: Desk, tmp_path: Path) -> None:
    """It lies in this process, and its own word is enough."""
    limits = load_risk_config(write_config(tmp_path))
    simulated = honest.config.model_copy(update={"simulate_demo_orders": True})
    with pytest.raises(UsageError, match="simulated"):
        open_route(
            Venue.OKX,
            simulated,
            limits,
            TraderFiles.of(limits, tmp_path),
            base_url=honest.world.base_url,
            facts=honest.world.guard.facts,
        )
