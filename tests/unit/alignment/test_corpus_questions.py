"""From a recorded answer to the question that it answers."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.alignment.corpus_questions import ENDPOINTS, CorpusQuestion, NotAsked, question_of
from dualwitness.alignment.rules import RULES
from dualwitness.models import OrderType, TdMode
from tests.support.shared import require_shared


def question(endpoint: str, *rows: dict[str, Any], method: str = "GET") -> CorpusQuestion:
    """The question of an answer with these rows."""
    return question_of(method, f"/api/v5/{endpoint}", {"code": "0", "data": list(rows), "msg": ""})


class Asked:
    """A client that remembers the call that a question makes."""

    def __init__(self) -> None:
        self.call: tuple[str, tuple[Any, ...]] | None = None

    def __getattr__(self, name: str) -> Any:
        def answer(*words: Any, **named: Any) -> Any:
            self.call = (name, (*words, *named.values()))
            if name == "get_leverage":
                return Decimal(2)
            return 0 if name == "get_server_time" else ()

        return answer


def call_of(asked: CorpusQuestion) -> tuple[str, tuple[Any, ...]]:
    """The call that the question makes of a client."""
    client = Asked()
    asked.ask(client)
    assert client.call is not None
    return client.call


SWAP = {"instId": "BTC-USDT-SWAP", "instType": "SWAP"}

QUESTIONS = [
    ("public/time", {}, "get_server_time", ()),
    ("market/ticker", SWAP, "get_ticker", ("BTC/USDT:USDT",)),
    ("market/ticker", {"instId": "BTC-USD-260925-60000-C"}, "get_ticker", ("BTC/USD:BTC-260925-60000-C",)),
    ("market/books", {}, "get_order_book", ("BTC/USDT", 400)),
    ("market/candles", {}, "get_candles", ("BTC/USDT", "1m", 300)),
    ("market/history-candles", {}, "get_candles", ("BTC/USDT", "1m", 300)),
    ("account/config", {}, "get_account_config", ()),
    ("account/balance", {}, "get_account_balance", ()),
    ("account/positions", SWAP, "get_positions", ()),
    ("account/trade-fee", {"instType": "SWAP"}, "get_fee_rates", ("BTC/USDT:USDT",)),
    ("account/trade-fee", {"instType": "SPOT"}, "get_fee_rates", ("BTC/USDT",)),
    ("trade/orders-pending", SWAP, "get_open_orders", ()),
    ("trade/order", SWAP | {"ordId": "77"}, "get_order", ("BTC/USDT:USDT", "77")),
    ("trade/order", SWAP, "get_order", ("BTC/USDT:USDT", "1")),
    ("trade/fills-history", SWAP, "get_fills", ()),
    ("trade/fills", SWAP, "get_fills", ()),
    ("trade/orders-history", SWAP, "get_order_history", ("BTC/USDT:USDT", 0)),
    ("trade/orders-history-archive", {"instType": "SPOT"}, "get_order_history", ("BTC/USDT", 0)),
    ("account/bills", SWAP, "get_bills", ()),
    ("account/bills-archive", {}, "get_bills", ()),
    ("account/leverage-info", SWAP | {"mgnMode": "isolated"}, "get_leverage", ("BTC/USDT:USDT", TdMode.ISOLATED)),
    ("account/leverage-info", SWAP, "get_leverage", ("BTC/USDT:USDT", TdMode.CROSS)),
]


@pytest.mark.parametrize(
    ("endpoint", "row", "operation", "words"),
    QUESTIONS,
    ids=[f"{at}-{index}" for index, (at, *_) in enumerate(QUESTIONS)],
)
def test_answer_of_an_endpoint_is_asked_for_by_its_operation(
    endpoint: str, row: dict[str, Any], operation: str, words: tuple[Any, ...]
) -> None:
    """The rows say which instrument and which order it is about; the endpoint is among the paths that give it."""
    asked = question(endpoint, row)
    assert (asked.operation, call_of(asked)) == (operation, (operation, words))
    assert f"/api/v5/{endpoint}" in asked.paths


@pytest.mark.parametrize(
    ("row", "inst_type", "market_type"),
    [
        ({"instType": "SPOT"}, "SPOT", "spot"),
        ({"instType": "SWAP"}, "SWAP", "swap"),
        ({"instType": "FUTURES"}, "FUTURES", "future"),
        ({"instType": "OPTION"}, "OPTION", "option"),
    ],
)
def test_instrument_list_is_asked_for_by_its_type_of_clients_that_know_none_yet(
    row: dict[str, str], inst_type: str, market_type: str
) -> None:
    """A client that had read instruments before would not read these."""
    asked = question("public/instruments", row)
    assert (asked.inst_type, asked.fresh, call_of(asked)) == (inst_type, True, ("get_instruments", (market_type,)))


NOT_ASKED = [
    ("no such endpoint", "GET", "market/open-interest", ({},), "no operation reads this endpoint"),
    ("another method", "POST", "market/ticker", (SWAP,), "no operation reads this endpoint"),
    ("margin instruments", "GET", "public/instruments", ({"instType": "MARGIN"},), "margin-instruments-not-a-market"),
    ("events", "GET", "public/instruments", ({"instType": "EVENTS"},), "EVENTS"),
    ("no instruments", "GET", "public/instruments", (), "none"),
    ("strange id", "GET", "market/ticker", ({"instId": "??"},), "has no unified symbol"),
    ("batch of orders", "POST", "trade/batch-orders", ({}, {}), "a batch of 2 orders"),
    ("batch of cancels", "POST", "trade/cancel-batch-orders", ({}, {}, {}), "a batch of 3 cancels"),
]


@pytest.mark.parametrize(
    ("method", "endpoint", "rows", "why"), [case[1:] for case in NOT_ASKED], ids=[case[0] for case in NOT_ASKED]
)
def test_answer_that_no_operation_asks_for_says_why(
    method: str, endpoint: str, rows: tuple[dict[str, Any], ...], why: str
) -> None:
    """What is not compared is counted under a reason."""
    with pytest.raises(NotAsked, match=why):
        question(endpoint, *rows, method=method)


@pytest.mark.parametrize("data", [None, "text", {}, [1, None], []])
def test_answer_without_readable_rows_is_still_asked_for(data: object) -> None:
    """Whether it can be read is for the parsers to say."""
    payload = {"code": "0", "data": data}
    assert question_of("GET", "/api/v5/account/positions", payload).operation == "get_positions"
    assert question_of("GET", "/api/v5/market/ticker", {}).symbol == "BTC/USDT"


@pytest.mark.parametrize("endpoint", ["trade/order", "trade/batch-orders"])
@pytest.mark.parametrize(
    ("own_id", "sent"),
    [("abc123", "abc123"), ("", "dualwitness1"), ("a-b", "dualwitness1"), ("x" * 33, "dualwitness1")],
)
def test_answer_to_an_order_is_asked_for_with_the_id_that_it_names(endpoint: str, own_id: str, sent: str) -> None:
    """An id that no order may have is replaced by one that it may."""
    asked = question(endpoint, {"clOrdId": own_id, "ordId": "5"}, method="POST")
    operation, (order,) = call_of(asked)
    assert operation == asked.operation == "place_order"
    assert (order.intent.client_order_id, order.intent.order_type) == (sent, OrderType.LIMIT)
    assert order.risk_checks_passed


@pytest.mark.parametrize("endpoint", ["trade/cancel-order", "trade/cancel-batch-orders"])
def test_answer_to_a_cancel_is_asked_for_with_the_order_that_it_names(endpoint: str) -> None:
    """Both endpoints give the answer to one cancel."""
    asked = question(endpoint, {"ordId": "5"}, method="POST")
    assert call_of(asked) == ("cancel_order", ("5", "BTC/USDT:USDT"))


def test_every_endpoint_leads_to_an_operation_that_has_rules() -> None:
    """Nothing is read that cannot be compared, and each endpoint is found at its own path."""
    for (method, path), maker in ENDPOINTS.items():
        asked = maker([SWAP])
        assert asked.operation in RULES, path
        assert path in asked.paths
        assert method in ("GET", "POST")


def test_every_recorded_payload_is_asked_for_or_says_why_not() -> None:
    """Over the whole corpus: no payload breaks the reading of its question."""
    folder = require_shared() / "okx-payloads"
    tally: Counter[str] = Counter()
    for record in json.loads((folder / "INDEX.json").read_text(encoding="utf-8")):
        payload = json.loads((folder / record["file"]).read_text(encoding="utf-8"))
        if record["shape"] != "envelope" or not isinstance(payload, dict):
            continue
        try:
            tally[question_of(record["method"], record["endpoint"], payload).operation] += 1
        except NotAsked as reason:
            tally[f"not asked: {reason}"] += 1
    operations = {name for name in tally if not name.startswith("not asked")}
    assert "not asked: " not in tally
    assert operations >= {"get_positions", "get_fills", "get_order", "get_account_balance", "get_instruments"}
    assert sum(tally[name] for name in operations) > 100
