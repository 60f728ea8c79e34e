"""The whole cube of account set-ups and orders against a legal matrix written down independently."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from dualwitness.models import AccountLevel, MarginMode, MarketType, OrderSide, PositionMode, PositionSide, TdMode
from dualwitness.models.order_modes import Refusal, ResolvedMode, resolve_order_mode

# okx-v5-facts section 5, cell by cell: what a level may send for a kind of instrument, and OKX's code for the rest.
# Columns: cash, cross, isolated. "ok" is legal, "ok+ccy" is legal and names a margin currency.
LEGAL = {
    ("spot", "pair"): ("ok", "51010", "51010"),
    ("spot", "contract"): ("51010", "51010", "51010"),
    ("spot", "option"): ("ok", "51010", "51010"),
    ("futures", "pair"): ("ok", "ok+ccy", "ok+ccy"),
    ("futures", "contract"): ("51000", "ok", "ok"),
    ("futures", "option"): ("51000", "ok", "ok"),
    ("multi_currency", "pair"): ("51000", "ok", "50072"),
    ("multi_currency", "contract"): ("51000", "ok", "ok"),
    ("multi_currency", "option"): ("51000", "ok", "ok"),
    ("portfolio", "pair"): ("51000", "ok", "50072"),
    ("portfolio", "contract"): ("51000", "ok", "51010"),
    ("portfolio", "option"): ("51000", "ok", "51010"),
}
COLUMNS = {"cash": 0, "cross": 1, "isolated": 2}
KINDS = {"spot": "pair", "margin": "pair", "swap": "contract", "future": "contract", "option": "option"}
# Reduce only exists for margin orders and for contracts, on levels 2 and 3; elsewhere this is OKX's answer.
NO_REDUCE_ONLY = {("spot", "pair"): "51139", ("multi_currency", "pair"): "51133"}
LEGS = {("buy", False): "long", ("sell", False): "short", ("buy", True): "short", ("sell", True): "long"}

Cell = tuple[AccountLevel, PositionMode, MarketType, TdMode, OrderSide, bool, MarginMode]
CUBE: list[Cell] = list(
    product(AccountLevel, PositionMode, MarketType, TdMode, OrderSide, (False, True), MarginMode)
)  # fmt: skip


def _resolve(cell: Cell) -> ResolvedMode | Refusal:
    level, position_mode, market_type, td_mode, side, reduce_only, margin_mode = cell
    return resolve_order_mode(
        account_level=level,
        position_mode=position_mode,
        market_type=market_type,
        td_mode=td_mode,
        side=side,
        reduce_only=reduce_only,
        margin_mode=margin_mode,
    )


def _expected(cell: Cell) -> str | tuple[str, str | None, bool, bool]:
    """OKX's code, or (tdMode, posSide, reduceOnly flag, ccy needed)."""
    level, position_mode, market_type, td_mode, side = (each.value for each in cell[:5])
    reduce_only, margin_mode = cell[5], cell[6].value
    kind = KINDS[market_type]
    mode = margin_mode if td_mode == "margin" else td_mode
    verdict = LEGAL[level, kind][COLUMNS[mode]]
    if verdict.startswith("5"):
        if (level, kind, position_mode, mode) == ("portfolio", "contract", "long_short", "isolated"):
            return "51041"
        return verdict
    if (market_type, mode) == ("margin", "cash"):
        return "51000"
    if (level, kind, side) == ("spot", "option", "sell"):
        return "51010"
    if (level, kind, position_mode) == ("portfolio", "contract", "long_short"):
        return "51041"
    can_reduce = verdict == "ok+ccy" or (kind == "contract" and level in {"futures", "multi_currency"})
    if reduce_only and not can_reduce:
        return NO_REDUCE_ONLY.get((level, kind), "51205")
    if kind != "contract":
        return mode, None, reduce_only, verdict == "ok+ccy"
    if position_mode == "net":
        return mode, "net", reduce_only, False
    return mode, LEGS[side, reduce_only], False, False


def test_every_cell_is_resolved_or_refused_as_the_legal_matrix_says() -> None:
    """All 1280 cells: legal ones come out as the matrix says, the rest are refused with OKX's code."""
    counts: Counter[str] = Counter()
    wrong: list[object] = []
    for cell in CUBE:
        answer = _resolve(cell)
        if isinstance(answer, Refusal):
            found: object = answer.okx_code
        else:
            found = (answer.td_mode.value, answer.position_side, answer.reduce_only, answer.currency_needed)
        counts["refused" if isinstance(answer, Refusal) else "resolved"] += 1
        if found != _expected(cell):
            wrong.append((cell, found, _expected(cell)))
    assert wrong == []
    assert counts["resolved"] + counts["refused"] == len(CUBE) == 1280
    assert min(counts.values()) > 200


def test_resolved_mode_is_never_the_word_margin() -> None:
    """TdMode.MARGIN is a wish, not something the venue knows."""
    resolved = [answer for answer in map(_resolve, CUBE) if isinstance(answer, ResolvedMode)]
    assert resolved
    assert all(answer.td_mode is not TdMode.MARGIN for answer in resolved)


def test_long_short_contract_order_always_names_its_leg() -> None:
    """A swap or future in long/short mode goes out with long or short and without the flag that would be ignored."""
    for cell in CUBE:
        answer = _resolve(cell)
        if isinstance(answer, ResolvedMode) and KINDS[cell[2].value] == "contract":
            two_sided = cell[1] is PositionMode.LONG_SHORT
            assert (answer.position_side in {PositionSide.LONG, PositionSide.SHORT}) is two_sided
            assert not (two_sided and answer.reduce_only)


def test_reduce_only_wish_is_never_dropped() -> None:
    """Whatever resolves with reduce only carries the flag, or names the leg opposite to what it would open."""
    for cell in CUBE:
        answer = _resolve(cell)
        if isinstance(answer, ResolvedMode) and cell[5]:
            opens = PositionSide.LONG if cell[4] is OrderSide.BUY else PositionSide.SHORT
            assert answer.reduce_only or answer.position_side not in {None, PositionSide.NET, opens}


def test_every_refusal_says_why_in_words() -> None:
    """A refusal has a text for a person beside the code for a program."""
    refusals = [answer for answer in map(_resolve, CUBE) if isinstance(answer, Refusal)]
    assert all(len(refusal.text) > 20 and refusal.okx_code.isdecimal() for refusal in refusals)


@pytest.mark.parametrize(
    ("level", "capability", "legal"),
    [
        (AccountLevel.FUTURES, False, False),
        (AccountLevel.FUTURES, None, True),
        (AccountLevel.PORTFOLIO, True, True),
        (AccountLevel.PORTFOLIO, None, False),
    ],
)
def test_isolated_swap_follows_what_the_account_can_do(
    level: AccountLevel, capability: bool | None, legal: bool
) -> None:
    """The sources disagree on isolated derivatives, so a known capability overrides the default."""
    answer = resolve_order_mode(
        account_level=level,
        position_mode=PositionMode.NET,
        market_type=MarketType.SWAP,
        td_mode=TdMode.ISOLATED,
        side=OrderSide.BUY,
        isolated_derivatives=capability,
    )
    assert isinstance(answer, ResolvedMode) is legal
