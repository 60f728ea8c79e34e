"""Every algo order of the account, by id and by client id."""

from __future__ import annotations

from collections.abc import Iterator

from dualwitness.venues.sim.engine.algo import AlgoOrder

__all__ = ["AlgoStore"]


class AlgoStore:
    """Algo orders by id, oldest first."""

    def __init__(self) -> None:
        self._all: dict[str, AlgoOrder] = {}
        self._open: dict[str, AlgoOrder] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[AlgoOrder]:
        """All of them, oldest first."""
        return iter(self._all.values())

    def get(self, algo_id: str) -> AlgoOrder | None:
        """The algo order of that id."""
        return self._all.get(algo_id)

    def put(self, algo: AlgoOrder) -> AlgoOrder:
        """Register a new one, or keep what became of a known one; gives it back."""
        self._all[algo.algo_id] = algo
        if algo.open:
            self._open[algo.algo_id] = algo
        else:
            self._open.pop(algo.algo_id, None)
        return algo

    def open_algos(self) -> Iterator[AlgoOrder]:
        """Those that wait, oldest first."""
        return iter(self._open.values())

    def newest_of_client(self, algo_cl_ord_id: str) -> AlgoOrder | None:
        """The latest one of that client id."""
        found = (algo for algo in reversed(self._all.values()) if algo.algo_cl_ord_id == algo_cl_ord_id)
        return next(found, None)
