"""Rate limits: each key has its own window, a batch is counted by orders, and refusals are OKX's own."""

from __future__ import annotations

import pytest

from dualwitness.venues.sim.kinds import Refusal
from dualwitness.venues.sim.rate_limits import LIMITS, Key, Limit, RateLimiter

ORDER = "/api/v5/trade/order"
BATCH = "/api/v5/trade/batch-orders"


class Clock:
    """Moves when a test says so."""

    def __init__(self) -> None:
        self.at_ms = 1_000_000

    def __call__(self) -> int:
        return self.at_ms


def code_of(refusal: Refusal | None) -> str:
    """The refusal's code; empty where there is none."""
    return "" if refusal is None else refusal.code


def passed(limiter: RateLimiter, method: str, path: str, params: dict[str, str], tries: int = 1_200) -> int:
    """How many of so many calls at one moment are let through."""
    return sum(limiter.check(method, path, params) is None for _ in range(tries))


@pytest.mark.parametrize(("method", "path"), LIMITS)
def test_endpoint_lets_its_number_of_calls_through_and_then_refuses(method: str, path: str) -> None:
    """Exactly the limit of the table; after the window as many again."""
    clock, limit = Clock(), LIMITS[method, path]
    limiter = RateLimiter(clock)
    params = {"instId": "BTC-USDT"}
    # A batch of one is counted as the single call; two of two are what a batch is.
    single = {"batch-orders": 60, "cancel-batch-orders": 60, "amend-batch-orders": 60}
    expected = single.get(path.rpartition("/")[2], limit.calls)
    assert passed(limiter, method, path, params, 400) == expected
    clock.at_ms += limit.window_ms - 1
    assert passed(limiter, method, path, params, 1) == 0
    clock.at_ms += 1
    assert passed(limiter, method, path, params, 400) == expected


@pytest.mark.parametrize(
    ("method", "path", "calls", "window_ms"),
    [
        ("POST", "trade/order", 60, 2_000),
        ("GET", "trade/order", 60, 2_000),
        ("POST", "trade/close-position", 20, 2_000),
        ("GET", "trade/orders-history", 40, 2_000),
        ("GET", "trade/fills-history", 10, 2_000),
        ("GET", "account/balance", 10, 2_000),
        ("GET", "account/positions", 10, 2_000),
        ("GET", "account/config", 5, 2_000),
        ("GET", "account/bills", 5, 1_000),
        ("GET", "trade/account-rate-limit", 1, 1_000),
        ("POST", "trade/cancel-all-after", 1, 1_000),
        ("GET", "market/trades", 100, 2_000),
        ("GET", "market/books", 40, 2_000),
        ("GET", "market/ticker", 20, 2_000),
        ("GET", "public/time", 10, 2_000),
        ("GET", "system/status", 1, 5_000),
    ],
)
def test_limit_of_an_endpoint_is_the_documented_one(method: str, path: str, calls: int, window_ms: int) -> None:
    """Written down a second time, from okx-v5-facts section 4."""
    assert LIMITS[method, f"/api/v5/{path}"][1:3] == (calls, window_ms)


@pytest.mark.parametrize(
    ("method", "path", "key", "one", "other", "shared"),
    [
        ("POST", ORDER, Key.USER_INSTRUMENT, {"instId": "BTC-USDT"}, {"instId": "ETH-USDT"}, False),
        ("POST", ORDER, Key.USER_INSTRUMENT, {"instId": "BTC-USD-261225-60000-C"},
         {"instId": "BTC-USD-260925-80000-P"}, True),
        ("POST", ORDER, Key.USER_INSTRUMENT, {"instId": "BTC-USD-261225"}, {"instId": "BTC-USD-260925"}, False),
        ("GET", "/api/v5/account/instruments", Key.USER_TYPE, {"instType": "SPOT"}, {"instType": "SWAP"}, False),
        ("POST", "/api/v5/trade/cancel-all-after", Key.USER_TAG, {"tag": "a"}, {"tag": "b"}, False),
        ("GET", "/api/v5/account/positions", Key.USER, {"instId": "A"}, {"instId": "B"}, True),
        ("GET", "/api/v5/market/ticker", Key.ADDRESS, {"instId": "A"}, {"instId": "B"}, True),
        ("GET", "/api/v5/public/instruments", Key.ADDRESS_TYPE, {"instType": "SPOT"}, {"instType": "SWAP"}, False),
        ("GET", "/api/v5/public/mark-price", Key.ADDRESS_INSTRUMENT, {"instId": "A"}, {"instId": "B"}, False),
    ],
)  # fmt: skip
def test_key_of_an_endpoint_decides_which_calls_share_a_window(
    method: str, path: str, key: Key, one: dict[str, str], other: dict[str, str], *, shared: bool
) -> None:
    """One used up: the other is refused where they share, and has all of its own where not."""
    limiter, limit = RateLimiter(Clock()), LIMITS[method, path]
    assert limit.key is key
    assert passed(limiter, method, path, one) == limit.calls
    assert passed(limiter, method, path, other) == (0 if shared else limit.calls)


def test_place_cancel_and_amend_have_windows_of_their_own() -> None:
    """Whoever may place no more can still cancel."""
    limiter = RateLimiter(Clock())
    params = {"instId": "BTC-USDT"}
    for name in ("order", "cancel-order", "amend-order"):
        assert passed(limiter, "POST", f"/api/v5/trade/{name}", params) == 60
    assert passed(limiter, "GET", ORDER, params) == 60


def test_batch_is_counted_by_its_orders_and_a_batch_of_one_as_a_single_order() -> None:
    """300 orders in batches; 60 in batches of one, which is the window of the single order."""
    limiter = RateLimiter(Clock())
    twenty = [{"instId": "BTC-USDT"}] * 20
    assert sum(limiter.check("POST", BATCH, twenty) is None for _ in range(20)) == 15
    assert sum(limiter.check("POST", BATCH, twenty[:1]) is None for _ in range(70)) == 60
    assert code_of(limiter.check("POST", ORDER, twenty[0])) == "50011"


def test_batch_over_two_instruments_is_counted_for_each() -> None:
    """A full window of one of them refuses the whole batch, and uses up nothing of the other."""
    limiter = RateLimiter(Clock())
    mixed = [{"instId": "A"}] * 10 + [{"instId": "B"}] * 10
    assert sum(limiter.check("POST", BATCH, [{"instId": "A"}] * 20) is None for _ in range(15)) == 15
    assert code_of(limiter.check("POST", BATCH, mixed)) == "50011"
    assert sum(limiter.check("POST", BATCH, [{"instId": "B"}] * 20) is None for _ in range(20)) == 15


def test_account_may_place_and_amend_a_thousand_orders_in_two_seconds_over_all_instruments() -> None:
    """50061 at HTTP 200, for new and amended orders together; cancels are free, and the window slides."""
    clock = Clock()
    limiter = RateLimiter(clock)
    for place in range(40):
        names = [{"instId": f"X{place}"}] * 20
        assert limiter.check("POST", BATCH, names) is None
        if place < 10:
            assert limiter.check("POST", "/api/v5/trade/amend-batch-orders", names) is None
    refusal = limiter.check("POST", ORDER, {"instId": "NEW"})
    assert refusal is not None
    assert (refusal.code, refusal.http_status, refusal.per_row) == ("50061", 200, False)
    assert limiter.check("POST", "/api/v5/trade/cancel-order", {"instId": "NEW"}) is None
    clock.at_ms += 2_000
    assert limiter.check("POST", ORDER, {"instId": "NEW"}) is None


def test_refusal_of_a_rate_is_spelled_as_okx_spells_it() -> None:
    """HTTP 429, and an envelope without data."""
    limiter = RateLimiter(Clock())
    passed(limiter, "GET", "/api/v5/public/time", {}, 10)
    refusal = limiter.check("GET", "/api/v5/public/time", {})
    assert refusal is not None
    assert (refusal.code, refusal.msg, refusal.http_status) == ("50011", "Too Many Requests", 429)
    assert not refusal.with_data


def test_refused_call_uses_up_nothing() -> None:
    """Whoever hammers is let in again as soon as the window has moved on."""
    clock = Clock()
    limiter = RateLimiter(clock)
    assert passed(limiter, "GET", "/api/v5/account/config", {}, 5) == 5
    clock.at_ms += 1_999
    assert passed(limiter, "GET", "/api/v5/account/config", {}, 50) == 0
    clock.at_ms += 1
    assert passed(limiter, "GET", "/api/v5/account/config", {}, 50) == 5


def test_order_over_websocket_by_code_shares_the_window_of_the_instrument() -> None:
    """The code and the id are one instrument."""
    limiter = RateLimiter(Clock(), inst_ids={"10459": "BTC-USDT-SWAP"})
    assert passed(limiter, "POST", ORDER, {"instIdCode": "10459"}, 60) == 60
    assert code_of(limiter.check("POST", ORDER, {"instId": "BTC-USDT-SWAP"})) == "50011"


def test_endpoint_without_a_limit_is_never_refused() -> None:
    """What OKX does not name is not limited here either."""
    assert passed(RateLimiter(Clock()), "GET", "/api/v5/nowhere", {}) == 1_200


def test_junk_in_a_parameter_does_not_fill_the_memory() -> None:
    """Windows that have run out are forgotten; one that still counts is not."""
    clock = Clock()
    limiter = RateLimiter(clock, limits={("GET", "/x"): Limit(Key.ADDRESS_INSTRUMENT, 1)})
    for place in range(10_000):
        clock.at_ms += 1
        assert limiter.check("GET", "/x", {"instId": str(place)}) is None
    assert len(limiter._windows) <= 4_096
    assert code_of(limiter.check("GET", "/x", {"instId": "9999"})) == "50011"
