"""An order request after it was read: typed, nothing of it judged against account or market yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.venues.sim.engine.amounts import parsed
from dualwitness.venues.sim.engine.attached import Attachment, read_attachments
from dualwitness.venues.sim.engine.refusals import bad_row_parameter, empty_parameter, row, unknown_instrument
from dualwitness.venues.sim.kinds import Params, SimInstrument

__all__ = ["CLIENT_ID", "ORDER_TYPES", "OrderRequest", "read_request", "text"]

CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_TAG = re.compile(r"[A-Za-z0-9]{1,16}")
# Those of options alone: market maker protection, and fill-or-kill by their own name.
_OPTION_TYPES = ("mmp", "mmp_and_post_only", "op_fok")
_PRICED = ("limit", "post_only", "fok", "ioc", *_OPTION_TYPES)
ORDER_TYPES = (*_PRICED, "market", "optimal_limit_ioc")
# Parameters that would change what the order means and that this venue does not offer: refused, never ignored.
_NOT_OFFERED = (
    *("pxUsd", "pxVol", "quickMgnType", "slippagePct"),
    # Retired in favour of attachAlgoOrds.
    *("slOrdPx", "slTriggerPx", "tpOrdPx", "tpTriggerPx"),
)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """
    ``px`` is None for market orders; ``tgt_ccy`` is resolved for spot market orders and "" otherwise.

    ``ban_amend`` refuses a spot market order that the balance cannot pay instead of shrinking it; ``px_amend`` moves a
    price beyond the limit band to its edge instead of refusing it.
    """

    instrument: SimInstrument
    td_mode: str
    side: str
    pos_side: str
    ord_type: str
    sz: Decimal
    px: Decimal | None
    tgt_ccy: str
    ccy: str
    cl_ord_id: str
    tag: str
    reduce_only: bool
    stp_mode: str
    asked_tgt_ccy: str = ""
    ban_amend: bool = False
    px_amend: bool = False
    attachments: tuple[Attachment, ...] = ()

    @property
    def posts_only(self) -> bool:
        """Whether it must not take."""
        return self.ord_type in ("post_only", "mmp_and_post_only")

    @property
    def all_or_nothing(self) -> bool:
        """Whether it fills in full or not at all."""
        return self.ord_type in ("fok", "op_fok")

    @property
    def never_rests(self) -> bool:
        """Whether what cannot be filled at once is canceled."""
        return self.ord_type in ("ioc", "market", "optimal_limit_ioc")

    @property
    def sized_in_quote(self) -> bool:
        """Whether ``sz`` is quote currency (spot market orders only)."""
        return self.tgt_ccy == "quote_ccy"

    @property
    def signed_sz(self) -> Decimal:
        """Size with the side's sign."""
        return self.sz if self.side == "buy" else -self.sz


def text(params: Params, name: str) -> str:
    """A parameter as text: JSON booleans and numbers of a POST body are spelled as OKX reads them, null is blank."""
    value: object = params.get(name, "")
    if value is None or value in ([], "[]"):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def read_request(params: Params, instruments: Mapping[str, SimInstrument]) -> OrderRequest:
    """Read the parameters of one order; raises `Refusal`: 50014 missing, 51000 malformed, 51001, 51204, 59110."""
    for name in ("instId", "tdMode", "side", "ordType", "sz"):
        if not text(params, name):
            raise empty_parameter(name)
    instrument = instruments.get(text(params, "instId"))
    if instrument is None:
        raise unknown_instrument(per_row=True)
    _check_words(params)
    _check_combination(params, instrument)
    return OrderRequest(
        instrument=instrument,
        td_mode=text(params, "tdMode"),
        side=text(params, "side"),
        pos_side=text(params, "posSide"),
        ord_type=text(params, "ordType"),
        sz=_positive(params, "sz"),
        px=_price(params),
        tgt_ccy=_target(params, instrument),
        ccy=text(params, "ccy"),
        cl_ord_id=text(params, "clOrdId"),
        tag=text(params, "tag"),
        reduce_only=text(params, "reduceOnly").lower() == "true",
        stp_mode=text(params, "stpMode") or "cancel_maker",
        asked_tgt_ccy=text(params, "tgtCcy"),
        ban_amend=text(params, "banAmend").lower() == "true",
        px_amend=text(params, "pxAmendType") == "1",
        attachments=read_attachments(params, instrument),
    )


def _check_words(params: Params) -> None:
    allowed = {
        "side": ("buy", "sell"),
        "ordType": ORDER_TYPES,
        "posSide": ("", "net", "long", "short"),
        "tdMode": ("cash", "cross", "isolated"),
        "pxAmendType": ("", "0", "1"),
        "tgtCcy": ("", "base_ccy", "quote_ccy"),
        "stpMode": ("", "cancel_maker", "cancel_taker", "cancel_both"),
    }
    for name, words in allowed.items():
        if text(params, name) not in words:
            raise bad_row_parameter(name)
    for name in ("banAmend", "reduceOnly"):
        if text(params, name).lower() not in ("", "true", "false"):
            raise bad_row_parameter(name)
    for name, pattern in (("clOrdId", CLIENT_ID), ("tag", _TAG)):
        word = text(params, name)
        if word and not pattern.fullmatch(word):
            raise bad_row_parameter(name)
    for name in _NOT_OFFERED:
        if text(params, name):
            raise bad_row_parameter(name)


def _check_combination(params: Params, instrument: SimInstrument) -> None:
    """What each parameter allows alone and no order may combine (okx-v5-facts sections 3, 6 and 7)."""
    ord_type = text(params, "ordType")
    if ord_type in _OPTION_TYPES and instrument.inst_type != "OPTION":
        raise bad_row_parameter("ordType")
    if text(params, "stpMode") == "cancel_both" and ord_type in ("fok", "op_fok"):
        raise row("50016", "Parameter stpMode does not match parameter ordType")
    quote = text(params, "tradeQuoteCcy")
    if quote and (not instrument.is_spot or quote != instrument.quote_ccy):
        raise bad_row_parameter("tradeQuoteCcy")


def _positive(params: Params, name: str) -> Decimal:
    value = parsed(text(params, name))
    if value is None or value <= 0:
        raise bad_row_parameter(name)
    return value


def _price(params: Params) -> Decimal | None:
    if text(params, "ordType") not in _PRICED:
        return None
    if not text(params, "px"):
        raise row("51204", "The price for the limit order cannot be empty.")
    return _positive(params, "px")


def _target(params: Params, instrument: SimInstrument) -> str:
    """tgtCcy: for spot market orders buy counts in quote, sell in base by default; elsewhere it does not apply."""
    asked = text(params, "tgtCcy")
    if instrument.is_spot:
        if text(params, "ordType") != "market":
            return ""
        return asked or ("quote_ccy" if text(params, "side") == "buy" else "base_ccy")
    if asked:
        raise row("59110", "The instrument corresponding to this instType does not support the tgtCcy parameter.")
    return ""
