"""
Whose difference it is: the parser's or the world's.

A difference between two answers can come from two places. The same bytes through both parsers show what the parsers
make of one world; one parser over both libraries' bytes shows whether the libraries were told the same. Both are asked
without any socket, over the bytes that the run recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from dualwitness.alignment.compare import Comparison, Entry, compare
from dualwitness.alignment.observe import Pair, observe
from dualwitness.alignment.operations import Question
from dualwitness.alignment.rules import RULES
from dualwitness.alignment.samples import SameBytes
from dualwitness.models import Library
from dualwitness.models.observation import Observation
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest
from dualwitness.venues import VenueClient, VenueError

__all__ = ["Reader", "Readings", "read_both_ways"]


class Readings:
    """
    One pair of answers, read as one world through two parsers and as two worlds through one parser.

    ``parse`` and ``world`` are made when first asked for. Either is None where it could not be had.
    """

    def __init__(self, pair: Pair, question: Question, reader: Reader) -> None:
        self._ccxt, self._okx_sdk = pair[Library.CCXT], pair[Library.OKX_SDK]
        self._question = question
        self._reader = reader

    @property
    def same_bytes(self) -> bool:
        """Whether both libraries were given the same bodies, byte for byte: then nothing needs to be read again."""
        ours, theirs = self._ccxt.sample_ids, self._okx_sdk.sample_ids
        return bool(ours) and set(ours) == set(theirs)

    @cached_property
    def parse(self) -> Comparison | None:
        """Both parsers over the bytes that python-okx was given."""
        if self._okx_sdk.rows is None:
            return None
        ccxt_of_okx = self._reader.read(Library.CCXT, self._question, self._okx_sdk.exchanges)
        return None if ccxt_of_okx.error else compare(ccxt_of_okx, self._okx_sdk, RULES[self._question.operation])

    @cached_property
    def world(self) -> Comparison | None:
        """python-okx's parser over both libraries' bytes."""
        if self._ccxt.rows is None or self._okx_sdk.rows is None:
            return None
        if self.same_bytes:
            return Comparison(self._question.operation, self._question.symbol, (), ())
        okx_of_ccxt = self._reader.read(Library.OKX_SDK, self._question, self._ccxt.exchanges)
        return None if okx_of_ccxt.error else compare(okx_of_ccxt, self._okx_sdk, RULES[self._question.operation])

    @cached_property
    def _parse_differs(self) -> dict[tuple[str | None, str], Entry]:
        return {} if self.parse is None else self.parse.differing()

    @cached_property
    def _world_differs(self) -> dict[tuple[str | None, str], Entry]:
        return {} if self.world is None else self.world.differing()

    def is_parsers(self, entry: Entry) -> bool:
        """Whether the parsers differ on this field over the same bytes."""
        return (entry.row_key, entry.rule.field) in self._parse_differs

    def is_worlds(self, entry: Entry) -> bool:
        """Whether the libraries were told different things about this field."""
        return (entry.row_key, entry.rule.field) in self._world_differs

    def is_parsers_alone(self, entry: Entry) -> bool:
        """Whether the parsers account for the difference: both libraries were told the same about this field."""
        if self.world is not None:
            return not self.is_worlds(entry)
        return self.is_parsers(entry)

    def of_ccxt(self, observation: Observation) -> Observation:
        """What python-okx's parser makes of bytes that CCXT was given."""
        return self._reader.read(Library.OKX_SDK, self._question, observation.exchanges)


class Reader:
    """
    Reads recorded bytes through both real parsers.

    ``open_replay(library, answers)`` opens a client whose transport gives ``answers``; the instruments that each
    client needs first come from ``base`` (what that library was told when the run began).
    """

    def __init__(
        self,
        open_replay: Callable[[Library, Callable[[WireRequest], WireAnswer]], VenueClient],
        base: dict[Library, Iterable[WireExchange]],
    ) -> None:
        self._current: dict[Library, SameBytes] = {}
        self._base = {library: SameBytes(exchanges) for library, exchanges in base.items()}
        self._clients = {library: open_replay(library, self._answers_for(library)) for library in base}

    def close(self) -> None:
        """Let the replaying clients go."""
        for client in self._clients.values():
            client.close()

    def read(self, library: Library, question: Question, exchanges: Iterable[WireExchange]) -> Observation:
        """What ``library`` makes of these bytes."""
        self._current[library] = SameBytes(exchanges)
        return observe(self._clients[library], question.operation, question.symbol, question.ask)

    def _answers_for(self, library: Library) -> Callable[[WireRequest], WireAnswer]:
        def answer(request: WireRequest) -> WireAnswer:
            given = self._current.get(library)
            if given is not None:
                try:
                    return given(request)
                except VenueError:
                    pass  # not part of the answer in question: the instruments that the client needs first
            return self._base[library](request)

        return answer


def read_both_ways(pair: Pair, question: Question, reader: Reader) -> Readings:
    """The two readings of one pair of answers."""
    return Readings(pair, question, reader)
