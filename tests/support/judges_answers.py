"""Asks an embedded venue in process for the case of a recording: the same endpoint, kind of instrument and mode."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.judges_fields import Case
from tests.support.venue import ask, frozen_venue

__all__ = ["CASES", "Venues"]

Answer = dict[str, Any]
_SWAP, _PAIR, _OPTION = "BTC-USDT-SWAP", "BTC-USDT", "BTC-USD"


class Venues:
    """One venue a scenario, made when it is first asked; each remembers what was placed on it."""

    def __init__(self) -> None:
        self.at = cache(frozen_venue)

    def get(self, scenario: str, path: str) -> Answer:
        """One answer to a GET, whatever its code."""
        return _sent(self.at(scenario), "GET", path, b"")

    def post(self, scenario: str, path: str, body: object) -> Answer:
        """One answer to a POST, whatever its code."""
        return _sent(self.at(scenario), "POST", path, json.dumps(body).encode())

    def price(self, scenario: str, inst_id: str, part: str) -> str:
        """A whole price at ``part`` of the last one."""
        return str((self.at(scenario).market.last(inst_id) * Decimal(part)).quantize(Decimal(1)))

    def order(self, scenario: str, inst_id: str, **more: str) -> Answer:
        """The body of an order that rests below the market."""
        mode = {"tdMode": "cash", "sz": "0.01"} if inst_id == _PAIR else {"tdMode": "cross", "sz": "1"}
        return {"instId": inst_id, "side": "buy", "ordType": "limit", "px": self.price(scenario, inst_id, "0.985"),
                **mode, **more}  # fmt: skip

    def placed(self, scenario: str, inst_id: str) -> Answer:
        """An order just placed, by its ids."""
        answer = self.post(scenario, "trade/order", self.order(scenario, inst_id))
        return {"instId": inst_id, "ordId": answer["data"][0]["ordId"]}

    def algo(self, scenario: str) -> Answer:
        """The body of a stop that waits for its price."""
        return {"instId": _SWAP, "tdMode": "cross", "side": "buy", "ordType": "conditional", "sz": "1",
                "slTriggerPx": self.price(scenario, _SWAP, "1.05"), "slOrdPx": "-1"}  # fmt: skip

    def first(self, scenario: str, path: str) -> Answer:
        """The first row of a list."""
        row: Answer = self.get(scenario, path)["data"][0]
        return row


def _sent(venue: EmbeddedVenue, method: str, path: str, body: bytes) -> Answer:
    answer: Answer = json.loads(ask(venue, f"/api/v5/{path}", method=method, body=body).body)
    return answer


Ask = Callable[[Venues], list[Answer]]


def _get(scenario: str, *paths: str) -> Ask:
    return lambda venues: [venues.get(scenario, path) for path in paths]


def _post(scenario: str, path: str, body: Callable[[Venues], object]) -> Ask:
    return lambda venues: [venues.post(scenario, path, body(venues))]


def _single_orders(kind: str) -> Ask:
    def run(venues: Venues) -> list[Answer]:
        rows = [venues.first("positions", f"trade/orders-history?instType={kind}"),
                venues.first("positions", f"trade/orders-pending?instType={kind}")]  # fmt: skip
        return [venues.get("positions", f"trade/order?instId={row['instId']}&ordId={row['ordId']}") for row in rows]

    return run


_TRANSFER = {"ccy": "USDT", "amt": "1", "from": "18", "to": "6"}


def _transfer_state(venues: Venues) -> list[Answer]:
    made = venues.post("funded", "asset/transfer", _TRANSFER)
    return [venues.get("funded", f"asset/transfer-state?transId={made['data'][0]['transId']}")]


def _funding_balances(venues: Venues) -> list[Answer]:
    venues.post("funded", "asset/transfer", _TRANSFER)
    return [venues.get("funded", "asset/balances")]


def _pending_algos(venues: Venues) -> list[Answer]:
    venues.post("funded", "trade/order-algo", venues.algo("funded"))
    return [venues.get("funded", "trade/orders-algo-pending?ordType=conditional")]


def _canceled_algo(venues: Venues) -> list[Answer]:
    made = venues.post("funded", "trade/order-algo", venues.algo("funded"))
    algo_id = made["data"][0]["algoId"]
    return [venues.post("funded", "trade/cancel-algos", [{"instId": _SWAP, "algoId": algo_id}])]


def _closed(venues: Venues) -> list[Answer]:
    return [venues.post("long_short", "trade/close-position", _closing(venues))]


def _closing(venues: Venues) -> Answer:
    row = venues.first("long_short", "account/positions?instType=SWAP")
    return {"instId": row["instId"], "mgnMode": row["mgnMode"], "posSide": row["posSide"], "autoCxl": "true"}


_P, _F, _L = "positions", "funded", "long_short"
_KINDS = {"SPOT": "", "MARGIN": "", "SWAP": "", "FUTURES": "", "OPTION": f"&uly={_OPTION}&instFamily={_OPTION}"}
_OF_MARKET = {
    "market/books": f"?instId={_SWAP}&sz=5",
    "market/books-lite": f"?instId={_SWAP}",
    "market/candles": f"?instId={_SWAP}&bar=1H",
    "market/history-candles": f"?instId={_PAIR}&bar=1H",
    "market/history-trades": f"?instId={_PAIR}",
    "market/index-components": "?index=BTC-USD",
    "market/platform-24-volume": "",
    "market/trades": f"?instId={_PAIR}",
    "public/discount-rate-interest-free-quota": "?ccy=BTC",
    "public/economic-calendar": "",
    "public/funding-rate": "?instId=ANY",
    "public/funding-rate-history": f"?instId={_SWAP}",
    "public/instrument-tick-bands": "?instType=OPTION",
    "public/insurance-fund": "?instType=SWAP&uly=BTC-USD",
    "public/interest-rate-loan-quota": "",
    "public/open-interest": "?instType=SWAP",
    "public/option-trades": f"?instFamily={_OPTION}",
    "public/time": "",
    "public/underlying": "?instType=FUTURES",
    "rubik/stat/contracts/open-interest-history": f"?instId={_SWAP}",
    "system/status": "",
}
_OF_ACCOUNT = {
    "account/bills-archive": "?type=1",
    "account/config": "",
    "account/interest-rate": "?ccy=USDT",
    "account/positions-history": "",
    "asset/currencies": "",
}

# How the venue is asked for each case that was recorded. A case that stands nowhere here is reported as a gap.
CASES: dict[Case, Ask] = {
    **{Case("GET", "public/instruments", kind): _get(_F, f"public/instruments?instType={kind}{more}")
       for kind, more in _KINDS.items()},
    **{Case("GET", f"market/{path}", kind): _get(_F, f"market/{path}?{query}")
       for path, kind, query in (("ticker", "SPOT", f"instId={_PAIR}"), ("ticker", "SWAP", f"instId={_SWAP}"),
                                 ("tickers", "SPOT", "instType=SPOT"), ("tickers", "SWAP", "instType=SWAP"))},
    **{Case("GET", path): _get(_F, path + query) for path, query in _OF_MARKET.items()},
    **{Case("GET", path): _get(_P, path + query) for path, query in _OF_ACCOUNT.items()},
    **{Case("GET", f"trade/{path}", kind): _get(_P, f"trade/{path}?instType={kind}")
       for path in ("fills", "fills-history", "orders-history", "orders-history-archive", "orders-pending")
       for kind in ("SPOT", "SWAP")},
    Case("GET", "account/balance"): _get(_P, "account/balance"),
    Case("GET", "account/bills", "SPOT"): _get(_P, "account/bills?instType=SPOT"),
    Case("GET", "account/leverage-info"): _get(_L, f"account/leverage-info?mgnMode=cross&instId={_SWAP}"),
    Case("GET", "account/max-avail-size"): _get(_F, f"account/max-avail-size?instId={_PAIR}&tdMode=cash"),
    Case("GET", "account/max-size"): _get(_F, f"account/max-size?instId={_SWAP}&tdMode=cross"),
    Case("GET", "account/positions"): lambda venues: [*_get(_P, "account/positions?instType=SWAP")(venues),
                                                      *_get(_L, "account/positions?instType=SWAP")(venues)],
    Case("GET", "asset/balances"): _funding_balances,
    Case("GET", "asset/transfer-state"): _transfer_state,
    Case("GET", "trade/order", "SPOT"): _single_orders("SPOT"),
    Case("GET", "trade/order", "SWAP"): _single_orders("SWAP"),
    Case("GET", "trade/orders-algo-pending", "SWAP"): _pending_algos,
    Case("POST", "account/set-account-level", "59000"): _post(
        _P, "account/set-account-level", lambda _: {"acctLv": "3"}),
    Case("POST", "account/set-leverage"): _post(
        _F, "account/set-leverage", lambda _: {"instId": _SWAP, "lever": "5", "mgnMode": "cross"}),
    Case("POST", "account/set-position-mode", "59000"): _post(
        _P, "account/set-position-mode", lambda _: {"posMode": "long_short_mode"}),
    Case("POST", "asset/transfer"): _post(_F, "asset/transfer", lambda _: _TRANSFER),
    Case("POST", "trade/amend-batch-orders"): _post(
        _F, "trade/amend-batch-orders", lambda venues: [{**venues.placed(_F, _SWAP), "newSz": "2"}]),
    Case("POST", "trade/amend-order"): _post(
        _F, "trade/amend-order", lambda venues: {**venues.placed(_F, _SWAP), "newSz": "2"}),
    Case("POST", "trade/batch-orders"): _post(
        _F, "trade/batch-orders", lambda venues: [venues.order(_F, _PAIR), venues.order(_F, _SWAP)]),
    Case("POST", "trade/cancel-algos"): _canceled_algo,
    Case("POST", "trade/cancel-batch-orders"): _post(
        _F, "trade/cancel-batch-orders", lambda venues: [venues.placed(_F, _SWAP)]),
    Case("POST", "trade/cancel-order"): _post(_F, "trade/cancel-order", lambda venues: venues.placed(_F, _PAIR)),
    Case("POST", "trade/close-position"): _closed,
    Case("POST", "trade/order"): lambda venues: [
        venues.post(_F, "trade/order", venues.order(_F, inst_id)) for inst_id in (_PAIR, _SWAP)],
    Case("POST", "trade/order-algo"): _post(_F, "trade/order-algo", lambda venues: venues.algo(_F)),
}  # fmt: skip
