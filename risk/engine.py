"""
The one gate that every order passes: what the checks say, made binding.

An order that passes is counted in the same transaction in which it was decided, before anything is sent, so that two
processes cannot both take the last slot, and a crash forgets nothing. It goes on counting until its fate is told, and
what was filled until a position was looked at that must hold it. Cancels are counted and never refused.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from dualwitness.config import RiskConfig
from dualwitness.models import OrderIntent, ValidatedOrder, Venue
from dualwitness.risk.case import UP, Case, clocks_apart_ms, moment, positive, signed
from dualwitness.risk.checks import validate_order
from dualwitness.risk.errors import RiskError, UnknownReservation, WhoNeeded
from dualwitness.risk.inputs import RiskInputs, RiskUsage
from dualwitness.risk.reasons import ReasonCode
from dualwitness.risk.records import Reservation, RiskRecords
from dualwitness.risk.states import FINISHED, MessageKind, OrderFateState, TradingState
from dualwitness.risk.store import RiskStore
from dualwitness.risk.switch import KillSwitch
from dualwitness.risk.switchboard import Act

__all__ = ["RiskEngine"]

_ZERO = Decimal(0)
_DAY_MS = 86_400_000
_CLOCK, _VENUE_CLOCK, _STATE, _KILLED = "clock_high_ms", "venue_clock_high_ms:", "trading_state", "killed"
_LONGEST_NAME, _LONGEST_REASON = 80, 500


class RiskEngine:
    """
    The limits of one account over all venues; ``clock_ms`` gives ms since the epoch.

    Several engines, in threads or processes, may stand over one store and are then one engine. Raises `StoreUnusable`
    where the store gives no answer: whoever meets that sends nothing.
    """

    def __init__(self, limits: RiskConfig, store: RiskStore, clock_ms: Callable[[], int]) -> None:
        self.limits = limits
        self.switch = KillSwitch(limits.kill_switch_file)
        self._store = store
        self._clock_ms = clock_ms

    def validate(self, intent: OrderIntent, inputs: RiskInputs) -> ValidatedOrder:
        """Hold an intent against every check and, where it passes, count it before it is sent."""
        with self._store.transaction() as connection:
            records = RiskRecords(connection)
            # (1) switches and clocks, as they are now that no other decision is under way
            self._see_switch(records)
            now_ms, venue_ms = self._times(records, inputs)
            # (2) what was used up, and the day's result that came along
            usage = self._usage(records, intent, inputs, now_ms, venue_ms)
            # (3) the decision
            order = validate_order(intent, inputs=inputs, limits=self.limits, usage=usage, validated_at=now_ms)
            # (4) what follows from it, in the same transaction
            if order.risk_checks_passed:
                case = Case(intent, inputs, self.limits, usage)
                records.reserve(case, _usd_per_contract(case), now_ms)
            elif any(check.reason == ReasonCode.STRATEGY_REPEATED for check in order.checks):
                self._latch(records, intent.strategy or "", now_ms)
        return order

    def settle(
        self,
        client_order_id: str,
        *,
        state: OrderFateState | str,
        filled_contracts: Decimal | None = None,
    ) -> None:
        """
        Tell what became of an accepted order; ``state`` is a member of `OrderFateState` or its spelling.

        Whatever is not finished goes on counting. What was filled (all of it, where ``filled_contracts`` is not
        known) counts until a position is handed in that was asked for later. A fill is never taken back. Tell
        ``absent`` only once the order will not be sent again. Raises `UnknownReservation`.
        """
        fate = OrderFateState(state)
        with self._store.transaction() as connection:
            records = RiskRecords(connection)
            kept = records.order(client_order_id)
            if kept is None:
                raise UnknownReservation(client_order_id)
            notional, usd_per_contract, before, filled_ms = kept
            filled = max(before, _filled_usd(fate, filled_contracts, notional, usd_per_contract, before))
            if filled > before:
                filled_ms = self._now(records)
            is_open = fate not in FINISHED
            records.settle(client_order_id, fate, is_open=is_open, filled_usd=filled, filled_ms=filled_ms)

    def note_pnl(self, venue: Venue, *, realised_usd: Decimal, unrealised_usd: Decimal, venue_time_ms: int) -> None:
        """
        Tell what the venue's day has won or lost so far, and what is open now; the worst of the day is kept.

        Raises `RiskError` for what is no number, or for a venue's time that is not near ours.
        """
        realised, unrealised = signed(realised_usd), signed(unrealised_usd)
        if realised is None or unrealised is None or moment(venue_time_ms) is None:
            problem = "a profit, a loss or a time was no sound number"
            raise RiskError(problem, advice="find out the day's result before the next order")
        with self._store.transaction() as connection:
            records = RiskRecords(connection)
            now_ms = self._now(records)
            apart_ms = abs(venue_time_ms - now_ms)
            if apart_ms > self.limits.max_clock_skew_ms:
                problem = f"the venue's clock is {apart_ms} ms away from ours"
                raise RiskError(problem, advice="set the clock; the day's boundary is told by the venue's")
            venue_ms = records.board.raise_fact(_VENUE_CLOCK + str(venue), venue_time_ms)
            records.note_pnl(str(venue), self._day(venue_ms), realised, unrealised, now_ms)

    def note_message(self, kind: MessageKind | str, venue: Venue, symbol: str) -> None:
        """Count a cancel or an amendment before it is sent; `validate` has counted a new order already."""
        with self._store.transaction() as connection:
            records = RiskRecords(connection)
            records.add_message(MessageKind(kind), str(venue), symbol, self._now(records))

    def may_cancel(self) -> bool:
        """Whether an order may be cancelled: always, whatever is halted, tripped, latched or used up."""
        return True

    def kill(self, who: str, why: str) -> None:
        """Trip the kill switch: nothing new from now on, until a named person resets it."""
        _check_named(who, why)
        # The file first: it holds even where the store does not answer.
        self.switch.trip(who, why)
        with self._store.transaction() as connection:
            records = RiskRecords(connection)
            records.board.set_fact(_KILLED, f"{who}: {why}")
            self._act(records, "kill", who, why)

    def halt(self, who: str, why: str) -> None:
        """Take no new order from now on; cancels pass."""
        self._change_state(TradingState.HALTED, who, why)

    def reduce(self, who: str, why: str) -> None:
        """Take only orders that reduce a known position; where trading was halted it stays halted."""
        self._change_state(TradingState.REDUCING, who, why)

    def reset(self, who: str, why: str, *, strategy: str | None = None) -> None:
        """
        Open again: kill switch, trading state and every latch, or with ``strategy`` the latch of that one alone.

        What was sent, is open or was lost goes on counting. Raises `WhoNeeded`, `SwitchStuck`.
        """
        _check_named(who, why)
        if strategy is None:
            self.switch.clear()
        with self._store.transaction() as connection:
            records = RiskRecords(connection)
            records.board.unlatch(records.board.latched() if strategy is None else (strategy,))
            if strategy is None:
                now_ms = self._clock_ms()
                records.board.set_fact(_KILLED, None)
                records.board.set_fact(_STATE, TradingState.ACTIVE.value)
                records.board.pull_back(now_ms, _CLOCK, _VENUE_CLOCK)
            self._act(records, "reset" if strategy is None else f"reset {strategy}", who, why)

    @property
    def state(self) -> TradingState:
        """What may be sent, as far as it was switched; a tripped kill switch is `kill_tripped`."""
        with self._store.transaction() as connection:
            return _state(RiskRecords(connection))

    @property
    def kill_tripped(self) -> bool:
        """Whether the kill switch was tripped since the last reset, by file, command or program."""
        with self._store.transaction() as connection:
            records = RiskRecords(connection)
            self._see_switch(records)
            return records.board.fact(_KILLED) is not None

    def open_orders(self) -> tuple[Reservation, ...]:
        """Every accepted order whose fate is open: what a kill switch must see cancelled, or named as unconfirmed."""
        with self._store.transaction() as connection:
            return RiskRecords(connection).open_orders()

    def latched_strategies(self) -> tuple[str, ...]:
        """The strategies that wait for a named person."""
        with self._store.transaction() as connection:
            return RiskRecords(connection).board.latched()

    def acts(self, count: int = 20) -> tuple[Act, ...]:
        """Who moved which switch and why, the newest first."""
        with self._store.transaction() as connection:
            return RiskRecords(connection).board.acts(count)

    def _usage(
        self, records: RiskRecords, intent: OrderIntent, inputs: RiskInputs, now_ms: int, venue_ms: int
    ) -> RiskUsage:
        limits, venue = self.limits, str(intent.venue)
        counts = records.counts(intent, now_ms, limits.duplicate_window_ms, limits.repeated_execution_window_ms)
        # Without a time of the position nothing is known to be in it; the position's own check refuses then.
        seen_ms = moment(inputs.position_ts_ms)
        exposure = records.exposure(venue, intent.symbol, now_ms if seen_ms is None else seen_ms)
        lost_usd, lost_ms = records.loss(venue, self._day(venue_ms))
        return RiskUsage(
            now_ms=now_ms,
            venue_time_ms=venue_ms,
            killed=records.board.fact(_KILLED),
            state=_state(records),
            id_is_known=intent.client_order_id is not None and records.knows(intent.client_order_id),
            orders_of_symbol=counts.orders_of_symbol,
            orders_of_venue=counts.orders_of_venue,
            messages_of_venue=counts.messages_of_venue,
            duplicates=counts.duplicates,
            repeats=counts.repeats,
            latched=(intent.strategy or "") in records.board.latched(),
            open_long_usd=exposure.open_long_usd,
            open_short_usd=exposure.open_short_usd,
            reducing_buy_base=exposure.reducing_buy_base,
            reducing_sell_base=exposure.reducing_sell_base,
            day_loss_usd=lost_usd,
            day_loss_ts_ms=lost_ms,
        )

    def _times(self, records: RiskRecords, inputs: RiskInputs) -> tuple[int, int]:
        """
        Our time and the venue's, neither ever going back; only clocks that agree move them forward.

        The day's result is noted here too, because only clocks that agree can tell which day it is.
        """
        now_ms, name = self._now(records), _VENUE_CLOCK + str(inputs.venue)
        venue_ms, apart_ms = moment(inputs.venue_time_ms), clocks_apart_ms(inputs, now_ms)
        if venue_ms is None or apart_ms is None or apart_ms > self.limits.max_clock_skew_ms:
            return now_ms, int(records.board.fact(name) or 0)
        records.board.raise_fact(_CLOCK, now_ms)
        venue_ms = records.board.raise_fact(name, venue_ms)
        realised, unrealised = signed(inputs.realised_pnl_usd), signed(inputs.unrealised_pnl_usd)
        if realised is not None and unrealised is not None:
            records.note_pnl(str(inputs.venue), self._day(venue_ms), realised, unrealised, now_ms)
        return now_ms, venue_ms

    def _now(self, records: RiskRecords) -> int:
        return max(self._clock_ms(), int(records.board.fact(_CLOCK) or 0))

    def _day(self, venue_ms: int) -> int:
        return (venue_ms - self.limits.day_starts_at_ms) // _DAY_MS

    def _see_switch(self, records: RiskRecords) -> None:
        """What the file says is remembered, so that removing the file opens nothing."""
        text = self.switch.tripped()
        if text is not None and records.board.fact(_KILLED) is None:
            records.board.set_fact(_KILLED, text)
            self._act(records, "kill", "the kill switch's file", text[:_LONGEST_REASON])

    def _latch(self, records: RiskRecords, strategy: str, now_ms: int) -> None:
        records.board.latch(strategy)
        limit = self.limits.max_repeated_executions
        records.board.add_act(
            Act(now_ms, f"latch {strategy}", "the risk engine", f"more than {limit} repeated executions")
        )

    def _change_state(self, state: TradingState, who: str, why: str) -> None:
        _check_named(who, why)
        with self._store.transaction() as connection:
            records = RiskRecords(connection)
            if _state(records) is not TradingState.HALTED:
                records.board.set_fact(_STATE, state.value)
            self._act(records, state.value, who, why)

    def _act(self, records: RiskRecords, act: str, who: str, why: str) -> None:
        records.board.add_act(Act(self._now(records), act, who, why))


def _state(records: RiskRecords) -> TradingState:
    return TradingState(records.board.fact(_STATE) or TradingState.ACTIVE)


def _usd_per_contract(case: Case) -> Decimal | None:
    """What one contract counts, in US dollars; None where the instrument does not say how large it is."""
    instrument = case.inputs.instrument
    if instrument is None or case.usd_per_base is None or case.usd_per_quote is None:
        return None
    if instrument.contract_size is None:
        return None if instrument.linear or instrument.inverse else case.usd_per_base
    each = case.usd_per_quote if instrument.inverse else case.usd_per_base
    return UP.multiply(instrument.contract_size, each)


def _filled_usd(
    fate: OrderFateState,
    contracts: Decimal | None,
    notional: Decimal,
    usd_per_contract: Decimal | None,
    before: Decimal,
) -> Decimal:
    """What counts as filled; where it is not known, all of it, unless the order may still tell."""
    if fate is OrderFateState.FILLED:
        return notional
    if fate in (OrderFateState.REFUSED, OrderFateState.ABSENT):
        return _ZERO
    if contracts is None:
        return notional if fate is OrderFateState.CANCELLED else before
    if contracts == 0:
        return _ZERO
    if usd_per_contract is None or positive(contracts) is None:
        return notional
    return UP.multiply(contracts, usd_per_contract)


def _check_named(who: str, why: str) -> None:
    for field, text, longest in (("who", who, _LONGEST_NAME), ("why", why, _LONGEST_REASON)):
        if not text.strip() or len(text) > longest or not text.isprintable():
            raise WhoNeeded(field)
