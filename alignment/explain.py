"""
``python -m alignment.explain``: what would become of an order, without sending it.

Shows what each library would send and how OKX reads it, the size and the modes with their reasons, what the risk checks
say, and what OKX would answer for this account. Nothing but reads leaves (and OKX's own ``trade/order-precheck``, which
places nothing). Exit codes: 0 it would be sent · 1 something stands against it · 2 usage or configuration · 3 the venue
could not be read · 4 blocked by safety · 5 the difference log is broken · 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from dualwitness.alignment.explanation import Explanation, VenueAnswer, as_document, as_text
from dualwitness.alignment.preflight import Preflight
from dualwitness.models import (
    AccountLevel,
    CheckResult,
    Library,
    MarginMode,
    OrderIntent,
    OrderType,
    RunMode,
    Side,
    TdMode,
    ValidatedOrder,
)
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import (
    AuthenticationRefused,
    DualwitnessError,
    RateLimited,
    SafetyError,
    UsageError,
    VenueError,
    VenueRefusal,
)
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent

__all__ = ["explain", "main"]

# Every order needs an id of its own; this one goes nowhere.
_UNSENT_ID = "explained"
_UNSENT = "explained, and never sent"
_DOLLARS = frozenset({"USD", "USDT", "USDC"})
_PRECHECKED = frozenset({AccountLevel.MULTI_CURRENCY, AccountLevel.PORTFOLIO})
_AGAINST = 1


def explain(
    preflight: Preflight,
    intent: OrderIntent,
    *,
    checks: Sequence[CheckResult] = (),
    reference_price: Decimal | None = None,
) -> Explanation:
    """
    Say what would become of an intent; no order is sent.

    ``checks`` are the results of the risk checks, where they were evaluated. ``reference_price`` (quote currency)
    values a market order; without it the last price is asked for. What the clients exchanged before is drained. Raises
    `VenueError` where account or instruments cannot be read.
    """
    for client in preflight.clients.values():
        client.drain_exchanges()
    resolver = preflight.resolver or AccountResolver(_reader(preflight.clients.values()))
    asked = intent if intent.client_order_id else intent.model_copy(update={"client_order_id": _UNSENT_ID})
    price, notional = _value(asked, resolver, preflight, reference_price)
    resolution = resolver.resolve(asked, notional_usd=notional)
    order = ValidatedOrder(
        intent=resolution.intent,
        validated_at=0,  # it is validated at no time: only what has passed can be placed, and this has not
        notional_usd=notional,
        risk_checks_passed=False,
        rejection_reason=_UNSENT,
    )
    result = replace(preflight, resolver=resolver).check(order)
    answer = _answer(resolution, order, preflight.clients.values())
    wire = tuple(
        f"{exchange.request.method} {exchange.request.path}"
        for client in preflight.clients.values()
        for exchange in client.drain_exchanges()
    )
    return Explanation(intent, resolution, result, price, notional, tuple(checks), answer, wire)


def _reader(clients: Iterable[VenueClient]) -> VenueClient:
    """The client whose instruments are read: python-okx's where it is there, because CCXT sizes no options."""
    found = sorted(clients, key=lambda client: client.label != Library.OKX_SDK)
    if not found:
        message = "there is no client to read the account with"
        raise UsageError(message, advice="open the venue over ccxt or python-okx")
    return found[0]


def _value(
    intent: OrderIntent, resolver: AccountResolver, preflight: Preflight, reference_price: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """The price that values the order, and its worth in US dollars; None where they cannot be had."""
    instrument = resolver.names.find(intent)
    if isinstance(instrument, IntentRefused):
        return reference_price, None
    price = intent.price or reference_price
    if price is None:
        try:
            price = _reader(preflight.clients.values()).get_ticker(instrument.symbol).last
        except SafetyError:
            raise
        except DualwitnessError:
            return None, None  # a market order of an inverse contract is then refused for want of a price
    if price is None or instrument.quote not in _DOLLARS:
        return price, None
    return price, intent.size * price


def _answer(
    resolution: ResolvedIntent | IntentRefused, order: ValidatedOrder, clients: Iterable[VenueClient]
) -> VenueAnswer:
    if isinstance(resolution, IntentRefused):
        if resolution.okx_code is None:
            return VenueAnswer(None, "resolution", f"it has no say in this: {resolution.text}")
        return VenueAnswer(False, "resolution", resolution.text, resolution.okx_code)
    if resolution.account.account_level not in _PRECHECKED:
        text = (
            "it prechecks orders of multi-currency and portfolio accounts alone; nothing known speaks against this one"
        )
        return VenueAnswer(None, "not_asked", text)
    ask = next((found for one in clients if (found := getattr(one, "precheck_order", None)) is not None), None)
    if ask is None:
        return VenueAnswer(None, "not_asked", "only ccxt has a way to ask for its precheck, and it is not there")
    try:
        effect: dict[str, str] = ask(order)
    except (AuthenticationRefused, RateLimited) as error:
        return VenueAnswer(None, "error", str(error), error.code)
    except VenueRefusal as error:
        return VenueAnswer(False, "order_precheck", str(error), error.code)
    except (VenueError, UsageError) as error:
        return VenueAnswer(None, "error", str(error))
    return VenueAnswer(True, "order_precheck", "as its precheck says", "0", effect)


def main(words: Sequence[str] | None = None) -> int:
    """Parse, explain, print; gives the exit code."""
    try:
        arguments = _parser().parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)

    from dualwitness.alignment.run import guarded

    return guarded(lambda: _run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m alignment.explain",
        description="Say what would become of an order, without sending it. Without --mode it starts an embedded OKX "
        "venue: no key, no network.",
        epilog="exit codes: 0 it would be sent, 1 something stands against it, 2 usage or configuration, 3 the venue "
        "could not be read, 4 blocked by safety, 5 the difference log is broken, 130 interrupted",
    )
    add = parser.add_argument
    add("--symbol", required=True, metavar="NAME", help="BTC/USDT:USDT, BTC-USDT-SWAP or BTCUSDT")
    add("--side", required=True, choices=[str(one) for one in Side], help="long buys, short sells")
    add("--type", required=True, choices=[str(one) for one in OrderType], help="a limit order needs --price")
    add("--size", required=True, metavar="N", help="base currency, such as 0.01")
    add("--price", metavar="N", help="quote currency")
    add("--td-mode", default=str(TdMode.CASH), choices=[str(one) for one in TdMode], help="default: cash")
    add("--margin-mode", default=str(MarginMode.CROSS), choices=[str(one) for one in MarginMode],
        help="what --td-mode margin stands for (default: cross)")  # fmt: skip
    add("--leverage", metavar="N", help="what must be in force at the venue; no order carries it")
    add("--reduce-only", action="store_true", help="only reduce the opposite exposure")
    add("--strategy", metavar="NAME", help="whose order it is")
    add("--mode", default="okx_demo_sim", help="okx_demo_sim (default), okx_demo_api or okx_live")
    add("--base-url", metavar="URL", help="ask there: loopback, or an OKX host of the allow-list")
    add("--config", metavar="DIR", help="folder of the YAML files (default: config)")
    add("--difflog", metavar="DIR", help="the difference log (default: difflog/log)")
    add("--seed", type=int, default=0, metavar="N", help="market of the embedded venue (default: 0)")
    add("--json", action="store_true", help="the explanation as one JSON document")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    from dualwitness.alignment.acceptance import accepted_by_log
    from dualwitness.alignment.session import open_session
    from dualwitness.venues.journal import JOURNAL_FOLDER, CallJournal
    from dualwitness.venues.redact import Redactor

    intent = _intent(arguments)
    settings = _settings(arguments)
    journal = CallJournal(JOURNAL_FOLDER, Redactor(settings.secrets))
    journal.prepare()
    accepts = accepted_by_log(settings.difflog, mode=settings.mode, today=lambda: datetime.now(tz=UTC).date())
    with open_session(settings, journal) as session:
        clients = {str(library): client for library, client in session.witnesses.clients.items()}
        margin_mode = MarginMode(arguments.margin_mode)
        resolver = AccountResolver(_reader(clients.values()), margin_mode=margin_mode)
        explanation = explain(Preflight(clients, accepts, resolver=resolver), intent)
    document = json.dumps(as_document(explanation), sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    sys.stdout.write(document if arguments.json else as_text(explanation))
    sys.stdout.flush()
    return 0 if explanation.would_be_sent else _AGAINST


def _intent(arguments: argparse.Namespace) -> OrderIntent:
    given: dict[str, Any] = {
        "symbol": arguments.symbol,
        "side": arguments.side,
        "order_type": arguments.type,
        "size": arguments.size,
        "price": arguments.price,
        "td_mode": arguments.td_mode,
        "leverage": arguments.leverage,
        "strategy": arguments.strategy,
        "reduce_only": arguments.reduce_only,
    }
    try:
        return OrderIntent(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the order"
        message = f"{place}: {first['msg'].removeprefix('Value error, ')}"
        raise UsageError(message, advice="write numbers plainly, such as 0.01") from None


def _settings(arguments: argparse.Namespace) -> Any:
    from dualwitness.alignment.settings import settings_from

    if arguments.mode == RunMode.OFFLINE:
        message = "mode offline reaches no venue, and only a venue knows the account"
        raise UsageError(message, advice="use okx_demo_sim, okx_demo_api or okx_live")
    return settings_from(
        mode=arguments.mode,
        symbols=None,
        samples=None,
        base_url=arguments.base_url,
        config=arguments.config,
        out="runs",
        seed=arguments.seed,
        lies=(),
        fail_on="S2",
        allow_orders=False,
        difflog=arguments.difflog,
    )


if __name__ == "__main__":
    sys.exit(main())
