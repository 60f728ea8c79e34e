"""What an account's set-up means for orders: permissions, bound addresses, account level, position mode. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    MarketType,
    OrderSide,
    PositionMode,
    ResolvedMode,
    TdMode,
    resolve_order_mode,
)
from dualwitness.models.wire import WireExchange
from dualwitness.venues.check_line import CheckLine, CheckName, CheckOutcome

__all__ = [
    "KeyFacts",
    "account_level_line",
    "ip_binding_line",
    "key_facts_of",
    "permissions_line",
    "position_mode_line",
]

_CONFIG_PATH = "/api/v5/account/config"
_MODES = (TdMode.CASH, TdMode.CROSS, TdMode.ISOLATED)
_ON_THE_PAGE = "look at the key on the venue's page of API keys"


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """
    What OKX said of the key itself in ``account/config``, read at the wire because CCXT has no word for it.

    ``permissions`` and ``addresses`` are None where the answer did not say; an empty ``addresses`` is the venue's own
    word for a key that is bound to none (okx-v5-facts section 5).
    """

    permissions: tuple[str, ...] | None = None
    addresses: tuple[str, ...] | None = None


def key_facts_of(exchanges: Iterable[WireExchange]) -> KeyFacts:
    """The facts in the last answer of ``account/config``; nothing where there is none that can be read."""
    facts = KeyFacts()
    for exchange in exchanges:
        if exchange.request.path == _CONFIG_PATH and exchange.answer is not None:
            row = _only_row(exchange.answer.body)
            facts = KeyFacts(_words(row.get("perm")) or None, _words(row.get("ip")))
    return facts


def _only_row(body: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    rows = document.get("data") if isinstance(document, dict) else None
    return rows[0] if isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict) else {}


def _words(text: object) -> tuple[str, ...] | None:
    """The parts of a list with commas; None for what is no text."""
    return tuple(sorted(part for part in text.split(",") if part)) if isinstance(text, str) else None


def permissions_line(permissions: tuple[str, ...] | None, library: str, *, at_wire: bool) -> CheckLine:
    """What the key may do: a key that can withdraw is a danger, one that cannot trade reads only."""
    check = CheckName.PERMISSIONS
    if permissions is None:
        return CheckLine(
            check, CheckOutcome.NOT_POSSIBLE, "the venue did not say what the key may do", _ON_THE_PAGE, library
        )
    told = ", ".join(permissions) + (" (read at the wire: the library has no word for it)" if at_wire else "")
    value = ",".join(permissions)
    if "withdraw" in permissions:
        advice = "make a key without withdrawal: nothing here needs it, and who steals it can empty the account"
        return CheckLine(check, CheckOutcome.WARNING, told, advice, library, value)
    if "trade" not in permissions:
        advice = "reading works, every order will be refused: give the key permission to trade when you want orders"
        return CheckLine(check, CheckOutcome.WARNING, told, advice, library, value)
    return CheckLine(check, CheckOutcome.OK, told, library=library, value=value)


def ip_binding_line(facts: KeyFacts, library: str, *, demo: bool) -> CheckLine:
    """
    Whether the key works from everywhere.

    A live key with permission to trade that is bound to no address is deleted after 14 idle days (okx-v5-facts
    section 1); demo keys stay.
    """
    check = CheckName.IP_BINDING
    if facts.addresses is None:
        told = "the venue did not say to which addresses the key is bound"
        return CheckLine(check, CheckOutcome.NOT_POSSIBLE, told, _ON_THE_PAGE, library)
    count = len(facts.addresses)
    if count:
        return CheckLine(check, CheckOutcome.OK, f"bound to {', '.join(facts.addresses)}", library=library, value=count)
    if demo:
        return CheckLine(check, CheckOutcome.OK, "bound to no address, which a demo key may be", None, library, 0)
    told = "bound to no address: it works from everywhere, and a key that may trade is deleted after 14 idle days"
    return CheckLine(check, CheckOutcome.WARNING, told, "bind it to this machine's address at the venue", library, 0)


def account_level_line(config: AccountConfig, library: str) -> CheckLine:
    """The account level, and under which trade modes each kind of instrument may be traded there."""
    check, level = CheckName.ACCOUNT_LEVEL, config.account_level
    if level is None:
        return _unknown(check, config, "account_level", library)
    kinds: dict[str, list[str]] = {}
    for market_type in MarketType:
        kinds.setdefault(_modes_of(level, config.position_mode, market_type), []).append(market_type)
    allowed = [f"{' and '.join(types)} in {modes}" for modes, types in kinds.items() if modes]
    refused = [f"no {' or '.join(types)}" for modes, types in kinds.items() if not modes]
    return CheckLine(check, CheckOutcome.OK, f"{level}: {'; '.join(allowed + refused)}", None, library, str(level))


def _modes_of(level: AccountLevel, position_mode: PositionMode | None, market_type: MarketType) -> str:
    """The legal trade modes of a buy; those of net mode where the position mode is not known."""
    return " or ".join(
        mode
        for mode in _MODES
        if isinstance(
            resolve_order_mode(
                account_level=level,
                position_mode=position_mode or PositionMode.NET,
                market_type=market_type,
                td_mode=mode,
                side=OrderSide.BUY,
            ),
            ResolvedMode,
        )
    )


def position_mode_line(config: AccountConfig, library: str) -> CheckLine:
    """The position mode, and what it asks of an order."""
    check, mode = CheckName.POSITION_MODE, config.position_mode
    if mode is None:
        return _unknown(check, config, "position_mode", library)
    if mode is PositionMode.NET:
        told = "net: one signed position an instrument, an order names no side of it, reduce_only is sent as a flag"
        return CheckLine(check, CheckOutcome.OK, told, library=library, value=str(mode))
    if config.account_level is AccountLevel.PORTFOLIO:
        told = "long_short: on a portfolio account swaps and futures are refused in this mode (51041)"
        advice = "switch the position mode to net at the venue, without positions and open orders"
        return CheckLine(check, CheckOutcome.WARNING, told, advice, library, str(mode))
    told = "long_short: an instrument has two positions, an order names one of them, and one that closes only reduces"
    return CheckLine(check, CheckOutcome.OK, told, library=library, value=str(mode))


def _unknown(check: CheckName, config: AccountConfig, field: str, library: str) -> CheckLine:
    told = f"not known ({config.reasons[field]})"
    return CheckLine(
        check, CheckOutcome.WARNING, told, "send no order before it is known; ask the other library", library
    )
