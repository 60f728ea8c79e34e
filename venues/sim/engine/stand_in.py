"""A market for a contract that it does not list any more: prices of another one stand in for it."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.kinds import Level, MarketView

__all__ = ["StandIn"]


class StandIn:
    """Everything as in ``market``, and for ``inst_id`` what ``model_id`` costs; implements `kinds.MarketView`."""

    def __init__(self, market: MarketView, inst_id: str, model_id: str) -> None:
        self._market = market
        self._inst_id = inst_id
        self._model_id = model_id

    def bids(self, inst_id: str) -> tuple[Level, ...]:
        """Best first."""
        return self._market.bids(self._known(inst_id))

    def asks(self, inst_id: str) -> tuple[Level, ...]:
        """Best first."""
        return self._market.asks(self._known(inst_id))

    def last(self, inst_id: str) -> Decimal:
        """The last traded price."""
        return self._market.last(self._known(inst_id))

    def mark(self, inst_id: str) -> Decimal:
        """The mark price."""
        return self._market.mark(self._known(inst_id))

    def index(self, inst_id: str) -> Decimal:
        """The index of the underlying pair."""
        return self._market.index(self._known(inst_id))

    def usd(self, ccy: str) -> Decimal:
        """Value of one unit of a currency in US dollars."""
        return self._market.usd(ccy)

    def settled_funding_rate(self, inst_id: str) -> Decimal:
        """The rate of the latest settled funding."""
        return self._market.settled_funding_rate(self._known(inst_id))

    def at(self, ms: int) -> MarketView:
        """The same at another moment."""
        return StandIn(self._market.at(ms), self._inst_id, self._model_id)

    def _known(self, inst_id: str) -> str:
        return self._model_id if inst_id == self._inst_id else inst_id
