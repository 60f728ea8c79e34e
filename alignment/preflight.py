"""
Before an order is sent: both libraries build their request for it, and the two are compared as OKX would read them.

    order ─▶ ccxt     ─▶ request ─┐
          ─▶ okx_sdk  ─▶ request ─┼▶ compare (as OKX reads them) ─▶ ok, or what blocks it
          ─▶ resolution ─▶ words ─┘

Nothing is sent: each request is caught before the socket. Three things block an order: a library that cannot build it,
a disagreement of severity S2 or worse that the difference log does not accept, and words that differ from what the
intent resolves to, even where both libraries agree on them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from dualwitness.alignment.judge import Draft, findings_from, market_type_of
from dualwitness.alignment.order_requests import Reading, RequestCase, compare_requests, read_order_request
from dualwitness.models import (
    AccountLevel,
    Library,
    MarketType,
    NullReason,
    OrderIntent,
    Outcome,
    Severity,
    Side,
    ValidatedOrder,
)
from dualwitness.models.finding import Claim, Finding
from dualwitness.models.wire import WireRequest, sample_id_of
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, SafetyError, UsageError
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent

if TYPE_CHECKING:
    from dualwitness.alignment.explanation import Explanation
    from dualwitness.models import CheckResult

__all__ = [
    "BOTH_LIBRARIES",
    "OPERATION",
    "Accept",
    "Built",
    "Disagreement",
    "Preflight",
    "PreflightResult",
    "expected_reading",
]

# The id of the log's entry that accepts a finding today, or None (`dualwitness.difflog.accepts`, all but the finding).
Accept = Callable[[Finding], str | None]

# The name of what is compared, in findings and in the log. Not the audit's `native_order_request`: what is accepted of
# the libraries' own defaults says nothing about an order of ours.
OPERATION = "place_order"
BOTH_LIBRARIES = (Library.CCXT, Library.OKX_SDK)


@dataclass(frozen=True, slots=True)
class Built:
    """
    What one library made of the order: its request and how OKX reads it, or why there is none.

    ``refusal`` and ``advice`` are the client's own words; ``kind`` is the name of its error.
    """

    library: Library
    request: WireRequest | None = None
    reading: Reading | None = None
    kind: str | None = None
    refusal: str | None = None
    advice: str | None = None

    @property
    def sample_id(self) -> str | None:
        """The address of the request's body as a raw sample."""
        return None if self.request is None else sample_id_of(self.request.body)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """
    One thing that stands between an order and the venue, or could.

    ``finding`` is None where a library could not build its request, or the intent resolves to no order: then there is
    nothing to accept. ``accepted_by`` is the entry of the difference log that accepts it.
    """

    text: str
    blocks: bool
    finding: Finding | None = None

    @property
    def accepted_by(self) -> str | None:
        """The entry that accepts it, or None."""
        return None if self.finding is None else self.finding.accepted_by

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class PreflightResult:
    """
    What became of one comparison; fits `dualwitness.venues.routing_types.PreflightVerdict`.

    ``compared`` says whether two requests were held against each other. ``outcomes`` holds every field with how it came
    out, ``resolution`` what the order was compared with beside the other library.
    """

    built: tuple[Built, ...]
    compared: bool
    outcomes: tuple[tuple[str, Outcome], ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    resolution: ResolvedIntent | IntentRefused | None = None

    @property
    def ok(self) -> bool:
        """Whether the order may be sent."""
        return not any(one.blocks for one in self.disagreements)

    @property
    def accepted_by(self) -> tuple[str, ...]:
        """The entries of the difference log that accept disagreements of this order."""
        return tuple(dict.fromkeys(one.accepted_by for one in self.disagreements if one.accepted_by is not None))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The disagreements as findings, worst first."""
        return tuple(one.finding for one in self.disagreements if one.finding is not None)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Everything that blocks the order, in words; empty where it may be sent."""
        return tuple(one.text for one in self.disagreements if one.blocks)


def expected_reading(resolved: ResolvedIntent) -> dict[str, str | None]:
    """What OKX must read in an order of this intent, whichever library sends it (without path and tag)."""
    intent = resolved.intent
    return {
        "instrument": resolved.instrument.venue_instrument_id,
        "td_mode": str(resolved.mode.td_mode),
        "side": "buy" if intent.side is Side.LONG else "sell",
        "position_side": str(resolved.mode.position_side or "net"),
        "order_type": str(intent.order_type),
        "size": _plain(resolved.sized.contracts),
        "size_unit": resolved.size_unit,
        "price": None if resolved.price is None else _plain(resolved.price),
        "reduce_only": "true" if resolved.mode.reduce_only else "false",
        "margin_currency": resolved.margin_currency,
        "client_order_id": intent.client_order_id,
    }


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(slots=True)
class Preflight:
    """
    Compares the requests of the libraries at one venue, order by order.

    ``clients`` by library name; ``expected`` are those that must build the order, and one that is not there blocks it.
    ``resolver`` adds the third witness: what the intent resolves to for this account. ``block_from`` is the lowest
    severity that blocks: S2, or stricter; an order whose meaning is disputed is never waved through by configuration,
    only by an entry of the difference log. Raises `UsageError` for S3 and for a preflight of nobody.
    """

    clients: Mapping[str, VenueClient]
    accepts: Accept
    expected: Collection[Library] = BOTH_LIBRARIES
    resolver: AccountResolver | None = None
    block_from: Severity = Severity.S2
    _order: tuple[Library, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.block_from is Severity.S3:
            message = "block_from was S3: then two prices or two trade modes for one order would block nothing"
            raise UsageError(message, advice="use S2, S1 or S0, and accept single differences in the difference log")
        if not self.expected:
            message = "no library is expected to build the order, so nothing would ever be compared"
            raise UsageError(message, advice="name at least one library")
        self._order = tuple(library for library in Library if library in self.expected)

    def check(self, order: ValidatedOrder) -> PreflightResult:
        """Compare what the libraries make of one order; sends nothing. Raises `SafetyError` for a forbidden host."""
        resolution, found = self._resolved(order)
        level = resolution.account.account_level if isinstance(resolution, ResolvedIntent) else None
        built = tuple(self._build(library, order, level) for library in self._order)
        found += [
            Disagreement(f"{one.library} cannot build the order: {one.refusal}", blocks=True)
            for one in built
            if one.reading is None
        ]
        expected = expected_reading(resolution) if isinstance(resolution, ResolvedIntent) else None
        comparison = _compare(order.intent, built, level, expected)
        found += [self._judged(finding) for finding in findings_from(comparison.drafts)]
        return PreflightResult(built, comparison.of_two, comparison.outcomes, tuple(found), resolution)

    def explain(
        self,
        intent: OrderIntent,
        *,
        checks: Sequence[CheckResult] = (),
        reference_price: Decimal | None = None,
    ) -> Explanation:
        """As `dualwitness.alignment.explain.explain`: what would become of an intent, without sending an order."""
        from dualwitness.alignment.explain import explain

        return explain(self, intent, checks=checks, reference_price=reference_price)

    def _resolved(self, order: ValidatedOrder) -> tuple[ResolvedIntent | IntentRefused | None, list[Disagreement]]:
        if self.resolver is None:
            return None, []
        try:
            resolution = self.resolver.resolve(order.intent, notional_usd=order.notional_usd)
        except SafetyError:
            raise
        except DualwitnessError as error:
            return None, [Disagreement(f"the account or its instruments cannot be read: {error}", blocks=True)]
        if isinstance(resolution, IntentRefused):
            return resolution, [Disagreement(f"the intent is refused: {resolution.text}", blocks=True)]
        return resolution, []

    def _build(self, library: Library, order: ValidatedOrder, level: AccountLevel | None) -> Built:
        client = self.clients.get(library)
        build = getattr(client, "build_order_request", None)
        if build is None:
            what = "there is no client of it" if client is None else "its client has no way to build without sending"
            return Built(library, kind="UsageError", refusal=what, advice=f"open the venue over {library}")
        try:
            request: WireRequest = build(order)
        except SafetyError:
            raise
        except DualwitnessError as error:
            return Built(library, kind=type(error).__name__, refusal=str(error), advice=error.advice)
        try:
            return Built(library, request, read_order_request(request, level, own_ids=True))
        except ValueError as error:
            return Built(library, request, kind="ValueError", refusal=f"its request is not one order ({error})")

    def _judged(self, finding: Finding) -> Disagreement:
        entry_id = self.accepts(finding)
        if entry_id is not None:
            finding = finding.model_copy(update={"accepted_by": entry_id, "outcome": Outcome.ACCEPTED})
        blocks = entry_id is None and finding.severity.rank >= self.block_from.rank
        return Disagreement(f"{finding.severity} {finding.field}: {finding.reason}", blocks, finding)


class _Comparison(NamedTuple):
    of_two: bool
    outcomes: tuple[tuple[str, Outcome], ...]
    drafts: tuple[Draft, ...]


def _compare(
    intent: OrderIntent, built: tuple[Built, ...], level: AccountLevel | None, expected: Reading | None
) -> _Comparison:
    """Hold the requests against each other and the intent; one alone against the intent, where it was resolved."""
    sent = [(one, one.request) for one in built if one.request is not None and one.reading is not None]
    of_two = len(sent) > 1
    if not sent or not (of_two or expected is not None):
        return _Comparison(False, (), ())
    label = f"{intent.order_type} {'buy' if intent.side is Side.LONG else 'sell'} {intent.size}"
    case = RequestCase(OPERATION, intent.symbol, market_type_of(intent.symbol) or MarketType.SPOT, label)
    (left, left_request), (right, right_request) = sent[0], sent[-1]
    compared = compare_requests(
        case,
        left_request,
        right_request,
        own_ids=True,
        refs=(left.sample_id, right.sample_id),
        account_level=level,
        expected=expected,
    )
    drafts = tuple(draft for _, _, draft in compared if draft is not None)
    if not of_two:
        drafts = tuple(_of_one(draft, left.library) for draft in drafts)
    return _Comparison(of_two, tuple((name, outcome) for name, outcome, _ in compared), drafts)


def _of_one(draft: Draft, library: Library) -> Draft:
    """A draft that only one library's request stands behind; the other was not asked, or could not answer."""
    silent = Claim(value=None, reason=NullReason.NOT_ASKED)
    if library is Library.CCXT:
        return draft._replace(okx_sdk=silent, okx_ref=None)
    return draft._replace(ccxt=silent, ccxt_ref=None)
