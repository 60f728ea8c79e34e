"""What would become of an intent: the facts of one explanation, as JSON and as text for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dualwitness.alignment.order_requests import REQUEST_FIELDS
from dualwitness.alignment.preflight import Built, PreflightResult
from dualwitness.models import CheckResult, OrderIntent, Outcome
from dualwitness.venues.decisions import decisions_of
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent

__all__ = ["Explanation", "VenueAnswer", "as_document", "as_text"]

_SCHEMA_VERSION = 1
_SAME = (Outcome.MATCH, Outcome.NOT_COMPARABLE)


@dataclass(frozen=True, slots=True)
class VenueAnswer:
    """
    What OKX would answer to the order, for this account.

    ``takes`` is null where nobody asked and nothing is known against it. ``source`` says who knows: ``order_precheck``
    (OKX itself), ``resolution`` (account and instrument as read), ``not_asked`` or ``error``. ``effect`` is the
    precheck's row in OKX's own words.
    """

    takes: bool | None
    source: str
    text: str
    code: str | None = None
    effect: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    One intent, explained; nothing was ordered.

    ``reference_price`` (quote currency) and ``notional_usd`` are None where they could not be had. ``wire`` lists what
    was asked of the venue for it, as ``METHOD path`` in order.
    """

    asked: OrderIntent
    resolution: ResolvedIntent | IntentRefused
    preflight: PreflightResult
    reference_price: Decimal | None
    notional_usd: Decimal | None
    checks: tuple[CheckResult, ...]
    answer: VenueAnswer
    wire: tuple[str, ...] = ()

    @property
    def would_be_sent(self) -> bool:
        """Whether nothing known stands against the order."""
        return not self.reasons

    @property
    def reasons(self) -> tuple[str, ...]:
        """Everything that stands against the order, in words."""
        against = list(self.preflight.reasons)
        if isinstance(self.resolution, IntentRefused):
            refused = f"the intent is refused: {self.resolution.text}"
            against = [refused, *(text for text in against if text != refused)]
        against += [f"{check.rule}: {check.reason or 'not passed'}" for check in self.checks if not check.passed]
        if self.answer.takes is False and self.answer.source == "order_precheck":
            against.append(f"OKX would answer {self.answer.code}: {self.answer.text}")
        return tuple(against)


def as_document(explanation: Explanation) -> dict[str, Any]:
    """The explanation in plain JSON; numbers as strings, so that no digit is lost."""
    resolution, preflight = explanation.resolution, explanation.preflight
    return {
        "schema_version": _SCHEMA_VERSION,
        "would_be_sent": explanation.would_be_sent,
        "reasons": list(explanation.reasons),
        "asked": explanation.asked.model_dump(mode="json"),
        "reference_price": _text(explanation.reference_price),
        "notional_usd": _text(explanation.notional_usd),
        "sizing": _sizing(resolution),
        "resolution": _resolution(resolution),
        "requests": [_built(one) for one in preflight.built],
        "comparison": {
            "compared": preflight.compared,
            "ok": preflight.ok,
            "accepted_by": list(preflight.accepted_by),
            "fields": {name: str(outcome) for name, outcome in preflight.outcomes},
            "disagreements": [
                {
                    "text": one.text,
                    "blocks": one.blocks,
                    "accepted_by": one.accepted_by,
                    "finding": None if one.finding is None else one.finding.model_dump(mode="json"),
                }
                for one in preflight.disagreements
            ],
        },
        "checks": [check.model_dump(mode="json") for check in explanation.checks],
        "venue_answer": {
            "takes": explanation.answer.takes,
            "source": explanation.answer.source,
            "code": explanation.answer.code,
            "text": explanation.answer.text,
            "effect": dict(explanation.answer.effect),
        },
        "wire": list(explanation.wire),
    }


def as_text(explanation: Explanation) -> str:
    """The explanation for people: plain text, one line a fact, without control characters."""
    lines = [*_head(explanation), *_sizing_lines(explanation), *_mode_lines(explanation.resolution)]
    lines += [*_request_lines(explanation.preflight), *_check_lines(explanation.checks), *_answer_lines(explanation)]
    asked = [f"{times} x {call}" for call, times in Counter(explanation.wire).items()]
    lines += ["", f"asked of the venue, and nothing else: {', '.join(asked) or 'nothing'}"]
    return "\n".join("".join(one if one.isprintable() else "�" for one in line) for line in lines) + "\n"


def _head(explanation: Explanation) -> Iterator[str]:
    asked = explanation.asked
    price = "" if asked.price is None else f" at {asked.price:f}"
    reduce = ", reduce only" if asked.reduce_only else ""
    yield f"{asked.side} {asked.size:f} {asked.symbol}, {asked.order_type}{price}, td_mode {asked.td_mode}{reduce}"
    yield "would be sent" if explanation.would_be_sent else "would NOT be sent"
    for reason in explanation.reasons:
        yield f"  - {reason}"


def _sizing_lines(explanation: Explanation) -> Iterator[str]:
    yield ""
    yield "size"
    told = _sizing(explanation.resolution)
    yield f"  asked          {told['asked']} base currency"
    if isinstance(explanation.resolution, ResolvedIntent):
        unit = explanation.resolution.size_unit.replace("_", " ")
        yield f"  sent           {told['sent']} {unit}, worth {told['base_quantity']} base currency"
        yield f"  shortfall      {told['shortfall']} base currency"
    yield f"  nearest below  {told['nearest_below'] or 'none is known'}"
    yield f"  nearest above  {told['nearest_above'] or 'none is known'}"
    if explanation.notional_usd is not None:
        yield f"  worth          {explanation.notional_usd:f} USD at {_text(explanation.reference_price)}"


def _mode_lines(resolution: ResolvedIntent | IntentRefused) -> Iterator[str]:
    yield ""
    yield "modes, and why"
    if isinstance(resolution, IntentRefused):
        yield f"  refused ({resolution.reason}): {resolution.text}"
        return
    for one in decisions_of(resolution):
        yield f"  {one.field:<11} {one.value or '(not sent)':<16} {one.why}"


def _request_lines(preflight: PreflightResult) -> Iterator[str]:
    yield ""
    yield "requests as OKX reads them"
    for one in preflight.built:
        if one.reading is None:
            yield f"  {one.library} builds none: {one.refusal}{'' if one.advice is None else f' ({one.advice})'}"
    readings = [(str(one.library), one.reading) for one in preflight.built if one.reading is not None]
    if readings:
        yield "  " + " ".join(f"{word:<24}" for word in ("", *(name for name, _ in readings))).rstrip()
        outcomes = dict(preflight.outcomes)
        for name in REQUEST_FIELDS:
            values = (reading.get(name) or "-" for _, reading in readings)
            outcome = outcomes.get(name)
            mark = "" if outcome is None or outcome in _SAME else f"  <- {outcome}"
            yield "  " + " ".join(f"{word:<24}" for word in (name, *values)).rstrip() + mark
    for disagreement in preflight.disagreements:
        accepted = disagreement.accepted_by
        verdict = "BLOCKS" if disagreement.blocks else f"accepted by {accepted}" if accepted else "listed"
        yield f"  {verdict}: {disagreement.text}"
    if preflight.compared and not preflight.disagreements:
        yield "  both libraries send the same order"


def _check_lines(checks: tuple[CheckResult, ...]) -> Iterator[str]:
    yield ""
    yield "risk checks"
    if not checks:
        yield "  none were evaluated"
    for check in checks:
        verdict = "passed" if check.passed else f"FAILED  {check.reason or ''}"
        yield f"  {check.rule:<40} {check.value} (limit {check.limit})  {verdict}".rstrip()


def _answer_lines(explanation: Explanation) -> Iterator[str]:
    answer = explanation.answer
    verdict = {True: "would take it", False: "would refuse it", None: "is not known to refuse it"}[answer.takes]
    code = "" if answer.code is None else f", code {answer.code}"
    yield ""
    yield f"OKX {verdict}{code} ({answer.source}): {answer.text}"
    for name, value in sorted(answer.effect.items()):
        yield f"  {name:<14} {value}"


def _sizing(resolution: ResolvedIntent | IntentRefused) -> dict[str, str | None]:
    asked = _text(resolution.intent.size)
    if isinstance(resolution, IntentRefused):
        below, above = resolution.nearest_below, resolution.nearest_above
        nothing = dict.fromkeys(("sent", "unit", "base_quantity", "shortfall"))
        return {"asked": asked, **nothing, "nearest_below": _text(below), "nearest_above": _text(above)}
    sized = resolution.sized
    return {
        "asked": asked,
        "sent": _text(sized.contracts),
        "unit": resolution.size_unit,
        "base_quantity": _text(sized.base_quantity),
        "shortfall": _text(sized.shortfall),
        "nearest_below": _text(sized.base_quantity),
        "nearest_above": _text(resolution.nearest_above),
    }


def _resolution(resolution: ResolvedIntent | IntentRefused) -> dict[str, Any]:
    if isinstance(resolution, IntentRefused):
        return {
            "resolved": False,
            "reason": str(resolution.reason),
            "text": resolution.text,
            "code": resolution.okx_code,
        }
    decided = [{"field": one.field, "value": one.value, "why": one.why} for one in decisions_of(resolution)]
    return {"resolved": True, "symbol": resolution.instrument.symbol, "decided": decided}


def _built(one: Built) -> dict[str, Any]:
    request = one.request
    return {
        "library": str(one.library),
        "method": None if request is None else request.method,
        "path": None if request is None else request.path,
        "body": None if request is None else request.body.decode("utf-8", "replace"),
        "sample_id": one.sample_id,
        "reading": None if one.reading is None else dict(one.reading),
        "refusal": one.refusal,
        "advice": one.advice,
    }


def _text(number: Decimal | None) -> str | None:
    """A number without an exponent and without zeros that say nothing."""
    if number is None:
        return None
    plain = format(number, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"
