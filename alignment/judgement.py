"""
Judging a collection: compare, find out whose difference it is, ask again what may have moved, weigh the evidence.

The steps, marked in the code:

1. compare every pair of answers by the rules;
2. read what differs both ways: the same bytes through both parsers, both libraries' bytes through one parser;
3. a difference of the world is asked again, A-B-A, before it counts: what moved between two reads is noise;
4. hold each library's world against itself, and positions against fills;
5. hold the requests of both libraries against each other;
6. gather all drafts into findings, worst first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from dualwitness.alignment.adjudicate import adjudicate, distrust, overall
from dualwitness.alignment.collect import Collection
from dualwitness.alignment.compare import DIFFERENT, Comparison, Entry, Match, compare, told
from dualwitness.alignment.conservation import conservation
from dualwitness.alignment.conservation_balances import confirmed_currencies
from dualwitness.alignment.evidence import conflicts
from dualwitness.alignment.evidence_orders import RESTING
from dualwitness.alignment.freshness import LIMITS_MS, FreshnessLedger, ledger_of
from dualwitness.alignment.history import history_from
from dualwitness.alignment.judge import Draft, findings_from, from_comparison, merge_sides
from dualwitness.alignment.observe import Pair
from dualwitness.alignment.operations import Question
from dualwitness.alignment.order_requests import compare_requests
from dualwitness.alignment.rules import RULES
from dualwitness.alignment.samples import caught
from dualwitness.alignment.second_opinion import Reader, read_both_ways
from dualwitness.alignment.settlement import doubted_symbols, settled
from dualwitness.alignment.shared_blame import shared_blame
from dualwitness.alignment.testimony import testimonies
from dualwitness.alignment.witness import AdjudicatedPosition, Testimony
from dualwitness.alignment.world import OPENING, World
from dualwitness.models import Layer, Library, OddOneOut, Outcome, PositionsQuality, PositionsSource
from dualwitness.models.bill import Bill
from dualwitness.models.finding import Finding
from dualwitness.models.history import History
from dualwitness.models.observation import Observation

__all__ = ["Judgement", "judge"]

AskAgain = Callable[[Question, Library], Observation]


@dataclass(slots=True)
class Judgement:
    """What an audit concludes, before it is written down."""

    findings: tuple[Finding, ...] = ()
    comparisons: list[Comparison] = field(default_factory=list)
    requests: list[tuple[str, Outcome]] = field(default_factory=list)
    positions: tuple[AdjudicatedPosition, ...] = ()
    quality: PositionsQuality = PositionsQuality.UNAVAILABLE
    source: PositionsSource = PositionsSource.NONE
    witnesses: tuple[Testimony, ...] = ()
    history: History = field(default_factory=History)
    freshness: FreshnessLedger = field(default_factory=FreshnessLedger)
    noise: Counter[str] = field(default_factory=Counter)


def judge(seen: Collection, reader: Reader | None, ask_again: AskAgain | None) -> Judgement:
    """
    Judge everything that was seen.

    ``reader`` reads recorded bytes through both parsers (None: only one library is there); ``ask_again`` asks one
    library once more (None: nothing can be asked again, so what differs counts). Whether the fills reach back to a flat
    start is proven from the bills (`history.py`).
    """
    result = Judgement()
    drafts: list[Draft] = []
    ticks = {symbol: one.tick_size for symbol, one in seen.instruments().items() if one.tick_size is not None}
    for question, pair in (*seen.pairs, *_order_lookups(seen)):
        if question.operation in RULES:
            drafts.extend(_judge_pair(question, pair, reader, ask_again, ticks, result))
    drafts.extend(_unreached(seen.reached))
    drafts.extend(_probe_failures(seen))
    worlds = _worlds(seen)  # (4)
    merged = _weigh(worlds, drafts, result)
    drafts.extend(_judge_requests(seen, result))  # (5)
    result.findings = findings_from([*settled(drafts, merged, _confirmed(worlds)), *merged])  # (6)
    return result


def _weigh(worlds: list[World], drafts: list[Draft], result: Judgement) -> list[Draft]:
    """Hold each world against itself and adjudicate the positions; gives the contradictions of both libraries."""
    result.history = history_from(worlds)
    result.witnesses = testimonies(worlds, result.history)
    result.freshness = ledger_of(worlds)
    found = [draft for world in worlds for draft in conflicts(world)]
    found += conservation(worlds, result.witnesses)
    evidence = shared_blame(merge_sides(found), worlds, result.witnesses)
    now_ms = result.freshness.latest_ms
    judged = adjudicate(result.witnesses, now_ms=now_ms, limits=LIMITS_MS)
    result.positions = distrust(judged, result.witnesses, doubted_symbols([*drafts, *evidence]))
    result.quality, result.source = overall(result.positions, result.witnesses)
    return evidence


def _order_lookups(seen: Collection) -> list[tuple[Question, Pair]]:
    return [(Question("get_order", _symbol_of(pair), order_id), pair) for order_id, pair in seen.lookups]


def _judge_requests(seen: Collection, result: Judgement) -> list[Draft]:
    """Hold what each library makes of the same words against the other's; the requests are their own samples."""
    drafts: list[Draft] = []
    for case, built in seen.requests:
        if len(built) < len(Library):
            result.requests.append(("path", Outcome.ONE_MISSING if built else Outcome.BOTH_ERROR))
            continue
        ccxt, okx_sdk = (caught(library, built[library]) for library in (Library.CCXT, Library.OKX_SDK))
        refs = ccxt.sample_id, okx_sdk.sample_id
        for name, outcome, draft in compare_requests(
            case, built[Library.CCXT], built[Library.OKX_SDK], own_ids=False, refs=refs
        ):
            result.requests.append((name, outcome))
            _keep(drafts, draft)
    return drafts


def _symbol_of(pair: Pair) -> str | None:
    return next(iter(pair.values())).symbol


def _judge_pair(
    question: Question,
    pair: Pair,
    reader: Reader | None,
    ask_again: AskAgain | None,
    ticks: Mapping[str, Decimal],
    result: Judgement,
) -> list[Draft]:
    if len(pair) < len(Library):
        return []
    rules = RULES[question.operation]
    comparison = _of_one_instrument(compare(pair[Library.CCXT], pair[Library.OKX_SDK], rules, ticks=ticks))  # (1)
    judged = _Judged(question, pair, reader, ask_again, ticks)
    kept: list[Entry] = []
    alike = _Alike()
    for entry in comparison.unmatched:
        blame = judged.blame(entry)
        if blame is None:
            result.noise[f"{question.operation}.{entry.rule.field}"] += 1
            continue
        kept.append(entry)
        alike.add(entry, *blame)
    result.comparisons.append(replace(comparison, unmatched=tuple(kept)))
    return alike.drafts(question.operation, pair)


class _Judged:
    """Where the differences of one pair of answers come from; what must be read or asked for that is, once."""

    def __init__(
        self,
        question: Question,
        pair: Pair,
        reader: Reader | None,
        ask_again: AskAgain | None,
        ticks: Mapping[str, Decimal],
    ) -> None:
        self._question = question
        self._pair = pair
        self._gone = any(one.error is not None for one in pair.values())
        self._readings = None if reader is None or self._gone else read_both_ways(pair, question, reader)  # (2)
        self._ask_again = ask_again
        self._ticks = ticks

    def blame(self, entry: Entry) -> tuple[Layer, OddOneOut] | None:
        """The layer of a difference and who stands alone, as far as known; None for what only moved in between."""
        if self._gone or entry.outcome not in DIFFERENT:
            return _gone_layer(self._pair), _gone_side(self._pair)
        if self._readings is None or self._readings.is_parsers_alone(entry):
            return Layer.PARSE, OddOneOut.UNKNOWN
        if self._lasts(entry):
            return Layer.VENUE, OddOneOut.UNKNOWN
        # The world stood still or moved on: what is left, if anything, is the parsers'.
        return (Layer.PARSE, OddOneOut.UNKNOWN) if self._readings.is_parsers(entry) else None

    def _lasts(self, entry: Entry) -> bool:
        """Whether the libraries are told different things when they are asked again."""
        if self._ask_again is None or self._asked_again is None:
            return True
        return (entry.row_key, entry.rule.field) in self._asked_again

    @cached_property
    def _asked_again(self) -> Mapping[tuple[str | None, str], Entry] | None:
        """
        (3) CCXT, python-okx and CCXT asked again; what still differs by one parser. None where an answer did not come.

        One parser reads all three, so that a difference of the parsers cannot pass for one of the world.
        """
        if self._ask_again is None or self._readings is None:
            return None
        first = self._ask_again(self._question, Library.CCXT)
        other = self._ask_again(self._question, Library.OKX_SDK)
        again = self._ask_again(self._question, Library.CCXT)
        if first.rows is None or other.rows is None or again.rows is None:
            return None
        worlds = self._readings.of_ccxt(first), self._readings.of_ccxt(again)
        if any(one.rows is None for one in worlds):
            worlds = first, again
        # `of_ccxt` is python-okx's reading; for the bracket it stands on CCXT's side, because CCXT's bytes are in it.
        left, right = (replace(one, library=Library.CCXT) for one in worlds)
        rules = RULES[self._question.operation]
        return compare(left, other, rules, again=right, ticks=self._ticks).differing()


class _Alike:
    """
    Gaps of one field that differ by their row alone, judged once and counted.

    Two differing values are never put together: what explains one may not explain the other.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[object, ...], tuple[Entry, Layer, OddOneOut, int]] = {}

    def add(self, entry: Entry, layer: Layer, odd: OddOneOut) -> None:
        """Count one more field; rows come in the order of their keys, so the first one stands for all."""
        own = entry.row_key if entry.outcome is Outcome.MISMATCH else entry.row_key is None
        reasons = entry.ccxt_reason, entry.okx_sdk_reason
        key = (entry.rule.field, entry.symbol, entry.market_type, entry.outcome, reasons, layer, odd, own)
        first, _, _, count = self._groups.get(key, (entry, layer, odd, 0))
        self._groups[key] = (first, layer, odd, count + 1)

    def drafts(self, operation: str, pair: Pair) -> list[Draft]:
        """One draft a group, where there is anything to say."""
        found: list[Draft] = []
        for first, layer, odd, count in self._groups.values():
            shown = told(operation, first)
            _keep(found, from_comparison(shown, layer=layer, odd_one_out=odd, observations=pair, rows=count))
        return found


def _of_one_instrument(comparison: Comparison) -> Comparison:
    """Where the answers are for two instruments, that alone is the difference: their prices cannot be compared."""
    differ = (one for one in comparison.unmatched if one.outcome is Outcome.MISMATCH)
    swapped = {one.row_key for one in differ if one.rule.field == "symbol"}
    if not swapped:
        return comparison
    lost = (match for match in comparison.matches if match[0] in swapped and match[3].field != "symbol")
    others = (
        one._replace(outcome=Outcome.NOT_COMPARABLE) if _of_another(one, swapped) else one
        for one in comparison.unmatched
    )
    return replace(
        comparison,
        matches=tuple(match for match in comparison.matches if match[0] not in swapped),
        unmatched=(*others, *(_unproven(match) for match in lost)),
    )


def _of_another(entry: Entry, swapped: set[str | None]) -> bool:
    return entry.row_key in swapped and entry.rule.field != "symbol"


def _unproven(match: Match) -> Entry:
    """That a field of two instruments agrees is chance."""
    key, symbol, market_type, rule, value_a, value_b = match
    return Entry(key, symbol, market_type, rule, value_a, None, value_b, None, Outcome.NOT_COMPARABLE)


def _keep(drafts: list[Draft], draft: Draft | None) -> None:
    if draft is not None:
        drafts.append(draft)


def _gone_layer(pair: Pair) -> Layer:
    """A refusal in the venue's own words came through; anything else is lost on the way."""
    errors = [one.error for one in pair.values() if one.error is not None]
    return Layer.TRANSPORT if any(error.code is None for error in errors) else Layer.VENUE


def _gone_side(pair: Pair) -> OddOneOut:
    failed = [library for library, one in pair.items() if one.error is not None]
    if len(failed) == 1:
        return OddOneOut(str(failed[0]))
    return OddOneOut.VENUE


def _unreached(pair: Pair) -> list[Draft]:
    """Venue time is asked to prove that there is a venue; its values move, so only its absence is judged."""
    if len(pair) < len(Library) or all(one.error is None for one in pair.values()):
        return []
    comparison = compare(pair[Library.CCXT], pair[Library.OKX_SDK], RULES["get_server_time"])
    drafts: list[Draft] = []
    for one in comparison.fields:
        _keep(drafts, from_comparison(one, layer=Layer.TRANSPORT, odd_one_out=_gone_side(pair), observations=pair))
    return drafts


def _probe_failures(seen: Collection) -> list[Draft]:
    """A probe order whose answer did not come or was refused: evidence that could not be produced."""
    drafts: list[Draft] = []
    for library, record in seen.probes.items():
        for observation in record.placed:
            if observation.error is None or observation.operation not in RULES:
                continue
            other = next(one for one in Library if one is not library)
            missing = Observation(
                library=other,
                operation=observation.operation,
                symbol=observation.symbol,
                rows=(),
                error=None,
                exchanges=(),
                started_ms=observation.started_ms,
                asked_at_ms=observation.asked_at_ms,
                duration_ms=0.0,
            )
            pair = {library: observation, other: missing}
            rules = RULES[observation.operation]
            for one in compare(pair[Library.CCXT], pair[Library.OKX_SDK], rules).fields:
                _keep(
                    drafts,
                    from_comparison(
                        one,
                        layer=Layer.TRANSPORT,
                        odd_one_out=OddOneOut(str(library)),
                        observations={library: observation},
                    ),
                )
    return drafts


def _worlds(seen: Collection) -> list[World]:
    worlds = []
    for library in Library:
        heard: dict[tuple[str, str | None], Observation] = {
            (question.operation, OPENING): pair[library] for question, pair in seen.opening if library in pair
        }
        heard |= {
            (question.operation, question.symbol): pair[library] for question, pair in seen.pairs if library in pair
        }
        for order_id, pair in seen.lookups:
            if library in pair:
                heard["get_order", f"{_symbol_of(pair)}|{order_id}"] = pair[library]
        for record in seen.probes.values():
            if record.resting is not None and library in record.resting[1]:
                order_id, pair = record.resting
                heard[RESTING, f"{_symbol_of(pair)}|{order_id}"] = pair[library]
        if heard:
            now_ms = seen.now_ms.get(library)
            reached = seen.reached.get(library)
            offset_ms = None if now_ms is None or reached is None else now_ms - reached.started_ms
            worlds.append(World(library, heard, now_ms, offset_ms))
    return [replace(world, lent_bills=_lent(world, worlds)) for world in worlds]


def _confirmed(worlds: list[World]) -> dict[Library, frozenset[str]]:
    """The currencies of each library whose cash its own bills confirm."""
    return {world.library: confirmed_currencies(world) for world in worlds}


def _lent(world: World, worlds: list[World]) -> tuple[Bill, ...]:
    """The other libraries' bills, in case this one's own do not say what they were for."""
    return tuple(
        row
        for other in worlds
        if other.library is not world.library
        for row in other.rows("get_bills")
        if isinstance(row, Bill)
    )
