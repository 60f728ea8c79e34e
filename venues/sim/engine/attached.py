"""
Take profits and stop losses that travel with an order and wait for its fills (attachAlgoOrds of POST trade/order).

Prices are checked against the order's own, or against the best opposite price where it has none (51046 to 51053); the
algo order comes into being when the order ends with a fill, for what was filled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.venues.sim.engine.amounts import is_multiple, parsed, plain, plain_or_blank
from dualwitness.venues.sim.engine.refusals import bad_row_parameter, row
from dualwitness.venues.sim.kinds import Params, SimInstrument

__all__ = ["Attachment", "attachment_rows", "check_attachments", "read_attachments"]

_MARKET = Decimal(-1)
_CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_PX_TYPES = ("last", "index", "mark")
_KNOWN = frozenset(
    {
        *("amendPxOnTriggerType", "attachAlgoClOrdId", "slOrdPx", "slTriggerPx", "slTriggerPxType", "sz"),
        *("tpOrdKind", "tpOrdPx", "tpTriggerPx", "tpTriggerPxType"),
    }
)
_MOST = 10


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached take profit, stop loss or both; an order price of -1 is a market order, ``sz`` None all of it."""

    client_id: str
    tp_trigger_px: Decimal | None
    tp_ord_px: Decimal | None
    tp_px_type: str
    sl_trigger_px: Decimal | None
    sl_ord_px: Decimal | None
    sl_px_type: str
    sz: Decimal | None


def read_attachments(params: Params, instrument: SimInstrument) -> tuple[Attachment, ...]:
    """Read ``attachAlgoOrds``; raises 51000 for what cannot be read, 51150 for a price off the tick."""
    value: object = params.get("attachAlgoOrds", "")
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=str, parse_int=str) if value else []
        except ValueError as error:
            raise bad_row_parameter("attachAlgoOrds") from error
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MOST or not all(isinstance(one, dict) for one in value):
        raise bad_row_parameter("attachAlgoOrds")
    return tuple(_read(one, instrument) for one in value)


def _read(one: Mapping[str, object], instrument: SimInstrument) -> Attachment:
    words = {name: value for name, value in one.items() if value not in ("", None)}
    for name, value in words.items():
        if name not in _KNOWN or not isinstance(value, str):
            raise bad_row_parameter(name if name.isascii() and name.isalnum() else "attachAlgoOrds")
    client_id = str(words.get("attachAlgoClOrdId", ""))
    if client_id and not _CLIENT_ID.fullmatch(client_id):
        raise bad_row_parameter("attachAlgoClOrdId")
    if words.get("tpOrdKind", "condition") != "condition":
        raise bad_row_parameter("tpOrdKind")
    take = _leg(words, "tp", instrument)
    stop = _leg(words, "sl", instrument)
    if take[0] is None and stop[0] is None:
        raise bad_row_parameter("attachAlgoOrds")
    size = parsed(str(words["sz"])) if "sz" in words else None
    if "sz" in words and (not size or not is_multiple(size, instrument.lot_sz)):
        raise bad_row_parameter("sz")
    return Attachment(client_id, *take, *stop, size)


def _leg(
    words: Mapping[str, object], prefix: str, instrument: SimInstrument
) -> tuple[Decimal | None, Decimal | None, str]:
    """Trigger price, order price and price type of the take profit (``tp``) or the stop loss (``sl``)."""
    trigger, order = f"{prefix}TriggerPx", f"{prefix}OrdPx"
    if (trigger in words) != (order in words):
        raise bad_row_parameter(order if trigger in words else trigger)
    kind = str(words.get(f"{prefix}TriggerPxType", "last"))
    if kind not in _PX_TYPES:
        raise bad_row_parameter(f"{prefix}TriggerPxType")
    if trigger not in words:
        return None, None, kind
    order_px = _MARKET if words[order] == "-1" else _price(words, order, instrument)
    return _price(words, trigger, instrument), order_px, kind


def _price(words: Mapping[str, object], name: str, instrument: SimInstrument) -> Decimal:
    value = parsed(str(words[name]))
    if not value:
        raise bad_row_parameter(name)
    if not is_multiple(value, instrument.tick_sz):
        raise row("51150", "The precision of the number of trades or the price exceeds the limit.")
    return value


def check_attachments(
    attachments: tuple[Attachment, ...], side: str, px: Decimal | None, best_opposite: Decimal
) -> None:
    """Refuse a trigger price on the wrong side of the order's price, or of the best opposite one for market orders."""
    reference = best_opposite if px is None else px
    what = ("the best ask price" if side == "buy" else "the best bid price") if px is None else "the order price"
    first = 51050 if px is None else 51046
    rises = side == "buy"
    for one in attachments:
        take, stop = one.tp_trigger_px, one.sl_trigger_px
        if take is not None and (take <= reference if rises else take >= reference):
            code = first if rises else first + 2
            word = "higher" if rises else "lower"
            raise row(str(code), f"The take profit trigger price must be {word} than {what}.")
        if stop is not None and (stop >= reference if rises else stop <= reference):
            code = first + 1 if rises else first + 3
            word = "lower" if rises else "higher"
            raise row(str(code), f"The stop loss trigger price must be {word} than {what}.")


def attachment_rows(attachments: tuple[Attachment, ...], ids: tuple[str, ...]) -> list[dict[str, object]]:
    """How an order's row spells what is attached to it (OKX docs v5, "Get order", attachAlgoOrds)."""
    return [_row(one, attach_id) for one, attach_id in zip(attachments, ids, strict=True)]


def _row(one: Attachment, attach_id: str) -> dict[str, object]:
    return {
        "amendPxOnTriggerType": "0",
        "attachAlgoClOrdId": one.client_id,
        "attachAlgoId": attach_id,
        "callbackRatio": "",
        "callbackSpread": "",
        "failCode": "",
        "failReason": "",
        "slOrdPx": plain_or_blank(one.sl_ord_px),
        "slTriggerPx": plain_or_blank(one.sl_trigger_px),
        "slTriggerPxType": "" if one.sl_trigger_px is None else one.sl_px_type,
        "slTriggerRatio": "",
        "sz": "" if one.sz is None else plain(one.sz),
        "tpOrdKind": "condition",
        "tpOrdPx": plain_or_blank(one.tp_ord_px),
        "tpTriggerPx": plain_or_blank(one.tp_trigger_px),
        "tpTriggerPxType": "" if one.tp_trigger_px is None else one.tp_px_type,
        "tpTriggerRatio": "",
    }
