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

from dualwitness.alignment.adjudicate import AdjudicatedPosition, Testimony, adjudicate, distrust, overall
from dualwitness.alignment.collect import Collection
from dualwitness.alignment.compare import Comparison, FieldComparison, compare
from dualwitness.alignment.evidence import conflicts
from dualwitness.alignment.judge import Draft, findings_from, from_comparison, merge_sides
from dualwitness.alignment.observe import Pair
from dualwitness.alignment.operations import Question
from dualwitness.alignment.order_requests import compare_requests
from dualwitness.alignment.rules import RULES
from dualwitness.alignment.samples import caught
from dualwitness.alignment.second_opinion import Reader, Readings, read_both_ways
from dualwitness.alignment.testimony import position_conflicts, testimonies
from dualwitness.alignment.world import World
from dualwitness.models import Layer, Library, OddOneOut, Outcome, PositionsQuality, PositionsSource
from dualwitness.models.finding import Finding
from dualwitness.models.observation import Observation

__all__ = ["Judgement", "judge"]

_DIFFERENT = (Outcome.MISMATCH, Outcome.ONE_MISSING)
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
    reports: Mapping[Library, Testimony] = field(default_factory=dict)
    folds: Mapping[Library, Testimony] = field(default_factory=dict)
    noise: Counter[str] = field(default_factory=Counter)


def judge(seen: Collection, reader: Reader | None, ask_again: AskAgain | None, *, history_complete: bool) -> Judgement:
    """
    Judge everything that was seen.

    ``reader`` reads recorded bytes through both parsers (None: only one library is there); ``ask_again`` asks one
    library once more (None offline: then nothing can be asked again). ``history_complete`` says whether the fills reach
    back to a proven flat start.
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
    evidence = [draft for world in worlds for draft in conflicts(world)]
    result.reports, result.folds = testimonies(worlds, history_complete=history_complete)
    evidence.extend(position_conflicts(worlds, result.reports, result.folds))
    judged = adjudicate(result.reports, result.folds)
    result.positions = distrust(judged, result.folds, _doubted([*drafts, *evidence]))
    result.quality, result.source = overall(result.positions, result.reports, result.folds)
    drafts.extend(_judge_requests(seen, result))  # (5)
    merged = merge_sides(evidence)
    result.findings = findings_from([*_settle(drafts, merged), *merged])  # (6)
    return result


def _order_lookups(seen: Collection) -> list[tuple[Question, Pair]]:
    return [(Question("get_order", _symbol_of(pair), order_id), pair) for order_id, pair in seen.lookups]


def _judge_requests(seen: Collection, result: Judgement) -> list[Draft]:
    """Hold what each library makes of the same words against the other's; the requests are their own samples."""
    drafts: list[Draft] = []
    for case, built in seen.requests:
        if len(built) < len(Library):
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
    gone = any(one.error is not None for one in pair.values())
    readings: Readings | None = None
    asked_again: Comparison | None = None
    kept: list[FieldComparison] = []
    alike = _Alike()
    for one in comparison.unmatched:
        layer, odd = Layer.PARSE, OddOneOut.UNKNOWN
        if gone or one.outcome not in _DIFFERENT:
            layer, odd = _gone_layer(pair), _gone_side(pair)
        else:
            if readings is None and reader is not None:
                readings = read_both_ways(pair, question, reader)  # (2)
            if readings is not None and not readings.in_the_reading(one):
                layer = Layer.VENUE
                if asked_again is None and ask_again is not None:
                    asked_again = _a_b_a(question, ask_again, ticks)  # (3)
                if asked_again is not None and not _still_differs(asked_again, one):
                    result.noise[f"{one.operation}.{one.field}"] += 1
                    continue
        kept.append(one)
        alike.add(one, layer, odd)
    result.comparisons.append(replace(comparison, entries=(*comparison.matches, *kept)))
    return alike.drafts(pair)


class _Alike:
    """
    Gaps of one field that differ by their row alone, judged once and counted.

    Two differing values are never put together: what explains one may not explain the other.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[object, ...], tuple[FieldComparison, Layer, OddOneOut, int]] = {}

    def add(self, one: FieldComparison, layer: Layer, odd: OddOneOut) -> None:
        """Count one more field; rows come in the order of their keys, so the first one stands for all."""
        own = one.row_key if one.outcome is Outcome.MISMATCH else one.row_key is None
        key = (
            one.field,
            one.symbol,
            one.market_type,
            one.outcome,
            one.ccxt.reason,
            one.okx_sdk.reason,
            layer,
            odd,
            own,
        )
        first, _, _, count = self._groups.get(key, (one, layer, odd, 0))
        self._groups[key] = (first, layer, odd, count + 1)

    def drafts(self, pair: Pair) -> list[Draft]:
        """One draft a group, where there is anything to say."""
        found = []
        for first, layer, odd, count in self._groups.values():
            draft = from_comparison(first, layer=layer, odd_one_out=odd, observations=pair)
            if draft is not None:
                found.append(replace(draft, rows=count))
        return found


def _of_one_instrument(comparison: Comparison) -> Comparison:
    """Where the answers are for two instruments, that alone is the difference: their prices cannot be compared."""
    swapped = {one.row_key for one in comparison.unmatched if one.field == "symbol" and one.outcome is Outcome.MISMATCH}
    if not swapped:
        return comparison
    fields = tuple(
        replace(one, outcome=Outcome.NOT_COMPARABLE) if one.row_key in swapped and one.field != "symbol" else one
        for one in comparison.fields
    )
    return replace(comparison, entries=fields)


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


def _a_b_a(question: Question, ask_again: AskAgain, ticks: Mapping[str, Decimal]) -> Comparison | None:
    """Ask CCXT, python-okx and CCXT again, one after the other; None where an answer did not come."""
    first = ask_again(question, Library.CCXT)
    other = ask_again(question, Library.OKX_SDK)
    again = ask_again(question, Library.CCXT)
    if first.rows is None or other.rows is None or again.rows is None:
        return None
    return compare(first, other, RULES[question.operation], again=again, ticks=ticks)


def _still_differs(again: Comparison, one: FieldComparison) -> bool:
    return any(
        other.field == one.field and other.row_key == one.row_key and other.outcome in _DIFFERENT
        for other in again.unmatched
    )


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
        told = {
            (question.operation, question.symbol): pair[library] for question, pair in seen.pairs if library in pair
        }
        for order_id, pair in seen.lookups:
            if library in pair:
                told["get_order", f"{_symbol_of(pair)}|{order_id}"] = pair[library]
        if told:
            worlds.append(World(library, told, seen.now_ms.get(library)))
    return worlds


def _doubted(drafts: list[Draft]) -> set[str]:
    """Symbols of whose positions somebody was told something that other evidence contradicts."""
    return {
        draft.symbol
        for draft in drafts
        if draft.operation == "get_positions" and draft.symbol is not None and draft.layer is not Layer.PARSE
    }


def _settle(drafts: list[Draft], evidence: list[Draft]) -> list[Draft]:
    """Name the odd one out of a disagreement about the world: the one that the evidence contradicts."""
    by_field = {(draft.operation, draft.symbol, draft.field): draft.odd_one_out for draft in evidence}
    by_answer: dict[tuple[str, str | None], set[OddOneOut]] = {}
    for draft in evidence:
        by_answer.setdefault((draft.operation, draft.symbol), set()).add(draft.odd_one_out)
    settled = []
    for draft in drafts:
        odd = draft.odd_one_out
        if draft.layer is Layer.VENUE and odd is OddOneOut.UNKNOWN:
            odd = by_field.get((draft.operation, draft.symbol, draft.field), odd)
            suspects = by_answer.get((draft.operation, draft.symbol), set())
            if odd is OddOneOut.UNKNOWN and len(suspects) == 1:
                odd = next(iter(suspects))
            if odd is OddOneOut.UNKNOWN and draft.outcome is Outcome.ONE_MISSING:
                odd = OddOneOut.CCXT if draft.ccxt.value is None else OddOneOut.OKX_SDK
        settled.append(replace(draft, odd_one_out=odd))
    return settled
