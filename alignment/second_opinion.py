"""
Whose difference it is: the parser's or the world's.

A difference between two answers can come from two places. The same bytes through both parsers show what the parsers
make of one world; one parser over both libraries' bytes shows whether the libraries were told the same. Both are asked
without any socket, over the bytes that the run recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dualwitness.alignment.compare import Comparison, FieldComparison, compare
from dualwitness.alignment.observe import Pair, observe
from dualwitness.alignment.operations import Question
from dualwitness.alignment.rules import RULES
from dualwitness.alignment.samples import SameBytes
from dualwitness.models import Library
from dualwitness.models.observation import Observation
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest
from dualwitness.venues import VenueClient, VenueError

__all__ = ["Reader", "Readings", "read_both_ways"]


@dataclass(frozen=True, slots=True)
class Readings:
    """
    Where a difference lies.

    ``parse``: both parsers over the same bytes. ``world``: one parser over both libraries' bytes. Either is None where
    it could not be had, with the reason in ``parse_note`` or ``world_note``.
    """

    parse: Comparison | None
    world: Comparison | None
    parse_note: str | None = None
    world_note: str | None = None
    differing_parse: frozenset[tuple[str | None, str]] = frozenset()
    differing_world: frozenset[tuple[str | None, str]] = frozenset()

    def is_parsers(self, field: FieldComparison) -> bool:
        """Whether the parsers differ on this field over the same bytes."""
        return (field.row_key, field.field) in self.differing_parse

    def in_the_reading(self, field: FieldComparison) -> bool:
        """Whether the difference lies in the reading: the parsers differ, or the libraries were told the same."""
        return self.is_parsers(field) or (self.world is not None and not self.is_worlds(field))

    def is_worlds(self, field: FieldComparison) -> bool:
        """Whether the libraries were told different things about this field."""
        return (field.row_key, field.field) in self.differing_world


def _differing(comparison: Comparison | None) -> frozenset[tuple[str | None, str]]:
    return frozenset() if comparison is None else comparison.differing()


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
    """Read one pair of answers as two worlds through one parser, and as one world through two parsers."""
    rules = RULES[question.operation]
    ccxt, okx_sdk = pair[Library.CCXT], pair[Library.OKX_SDK]
    parse = world = None
    parse_note = world_note = None
    if okx_sdk.rows is not None:
        ccxt_of_okx = reader.read(Library.CCXT, question, okx_sdk.exchanges)
        if ccxt_of_okx.error is None:
            parse = compare(ccxt_of_okx, okx_sdk, rules)
        else:
            parse_note = f"ccxt could not read the bytes that python-okx was given: {ccxt_of_okx.error.message}"
    else:
        parse_note = "python-okx has no answer"
    if ccxt.rows is not None and okx_sdk.rows is not None:
        okx_of_ccxt = reader.read(Library.OKX_SDK, question, ccxt.exchanges)
        if okx_of_ccxt.error is None:
            world = compare(okx_of_ccxt, okx_sdk, rules)
        else:
            world_note = f"python-okx could not read the bytes that ccxt was given: {okx_of_ccxt.error.message}"
    else:
        world_note = "one library has no answer"
    return Readings(parse, world, parse_note, world_note, _differing(parse), _differing(world))
