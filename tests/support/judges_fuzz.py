"""Requests that no venue should obey: seeded, of every path, wrong in their method, words, bodies, keys or sense."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.support.venue import FROZEN_MS, auth_headers

__all__ = ["Fuzz", "Request", "complaint"]


class Request(NamedTuple):
    """One request; ``refused`` says that a success would be a fault, ``kind`` how it was made."""

    kind: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    refused: bool


_JUNK = (
    "", " ", "0", "-1", "1e309", "1E-400", "NaN", "Infinity", "-Infinity", "١٢٣", "²", "1" * 400, "9" * 5000, "0x10",
    "1_000", "+1", "1.", ".5", "00", "null", "[]", "{}", "'; --", "<script>", "\x00", "%", "%zz", "\u202e", "😀", "ſ",
    "true", "ANY", "BTC-USDT", "BTC-USDT-SWAP", "BTC-USDT-SWAP,", "SWAP", "OPTION", "1H", "1795000000123", "1" * 20,
    "A" * 70_000,
)  # fmt: skip
_NAMES = (
    "instType", "instId", "uly", "instFamily", "ccy", "bar", "limit", "after", "before", "begin", "end", "sz", "ordId",
    "clOrdId", "posId", "state", "ordType", "mgnMode", "type", "period", "unit", "opType", "px", "algoId", "date",
    "index", "quoteCcy", "groupId", "tdMode", "amt", "subType", "category", "tag", "expTime", "posSide", "lever",
    "ctType",
)  # fmt: skip
_BROKEN_BODIES = (
    b"", b"   ", b"{", b"[", b"}", b"nul", b"'a'", b"{'a':1}", b'{"a":1,}', b'{"a"', b"\xff\xfe", b"\xef\xbb\xbf{",
    b"1", b'"text"', b"null", b"true", b"[1]", b'["a"]', b"[null]", b"[[]]", b"[{},1]", b"NaN", b"[" * 50_000,
    b'{"a":' * 20_000,
    b'{"instId":"\x00"', "{}".encode("utf-16")[:-1], b"0" * 5000, b"-", b"{}{}", b'{"a":1}]',
)  # fmt: skip
# Writes that need no word: what they do not know they pass over.
_WANT_NOTHING = ("account/activate-option",)
_METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "post", "BREW", "")
_SWAP, _PAIR = "BTC-USDT-SWAP", "BTC-USDT"
_NUMBERS = ("", "0", "-1", "abc", "NaN", "Infinity", "1e400", "٣", "1,5", "0x1", "--1", "1" * 60, " 1", "1 ", "1_0")


class Fuzz:
    """
    A stream of requests for the routes of a venue whose clocks stand at ``FROZEN_MS``, from one seed.

    ``routes`` are the pairs of method and path that it serves, ``last`` gives the last price of an instrument.
    """

    def __init__(self, seed: int, routes: Sequence[tuple[str, str]], last: Callable[[str], Decimal]) -> None:
        self._draw = random.Random(seed)
        self._routes = sorted(routes)
        self._paths = {path for _, path in routes}
        self._last = last
        self._kinds: tuple[Callable[[str, str], Request], ...] = (
            self._wrong_method, self._unknown_path, self._junk_words, self._broken_body, self._nonsense_body,
            self._bad_keys, self._illegal_act,
        )  # fmt: skip

    def requests(self, count: int) -> Iterator[Request]:
        """``count`` requests that walk over the routes and over the ways to be wrong, so that all of them meet."""
        start = self._draw.randrange(len(self._routes))
        for number in range(count):
            method, path = self._routes[(start + number) % len(self._routes)]
            kind = self._kinds[(number // len(self._routes) + number) % len(self._kinds)]
            yield kind(method, path)

    def _signed(
        self, kind: str, method: str, target: str, body: bytes = b"", *, refused: bool, **headers: str
    ) -> Request:
        keys = auth_headers(method, target, body) | {"Content-Type": "application/json"} | headers
        return Request(kind, method, target, keys, body, refused)

    def _wrong_method(self, method: str, path: str) -> Request:
        others = [other for other in ("GET", "POST") if (other, path) not in self._routes]
        chosen = self._draw.choice((*_METHODS, *others, *others))
        return self._signed("wrong method", chosen, path + self._query(), b"{}", refused=True)

    def _unknown_path(self, method: str, path: str) -> Request:
        draw = self._draw
        changed = draw.choice((
            path + "/", path + "x", path[:-1], path.upper(), "/" + path, path.replace("/v5/", "/v6/"),
            path + "/../order",
            path.replace("/", "//"), path + "%00", path + ";a=1", path + "\u00e9",
            "/api/v5/" + quote(draw.choice(_JUNK)),
            "*", "", "/", "/api", "/api/v5", "/api/v5/", path.replace("api", "API"),
        ))  # fmt: skip
        if changed in self._paths:
            changed += "/nowhere"
        return self._signed("unknown path", method, changed, b"{}" if method == "POST" else b"", refused=True)

    def _query(self) -> str:
        draw = self._draw
        if draw.random() < 0.1:
            return "?" + draw.choice(
                ("&&&", "=", "a", "?", "instId", "instId=&instId=&=", "%", "%00=%ff", "a=%E0%A4%A")
            )
        names = [draw.choice(_NAMES) for _ in range(draw.randrange(1, 5))]
        words = [f"{name}={quote(draw.choice(_JUNK), safe='')}" for name in names]
        return "?" + "&".join(words + words[: draw.randrange(2)])

    def _junk_words(self, method: str, path: str) -> Request:
        if method == "POST":
            return self._nonsense_body(method, path)
        return self._signed("junk words", "GET", path + self._query(), refused=False)

    def _broken_body(self, method: str, path: str) -> Request:
        if method == "GET":
            return self._junk_words(method, path)
        body = self._draw.choice(_BROKEN_BODIES)
        if self._draw.random() < 0.2:
            kind = self._draw.choice(("text/plain", "", "application/x-www-form-urlencoded", "application/jsonx"))
            return self._signed("content type", "POST", path, b"{}", refused=True, **{"Content-Type": kind})
        return self._signed("broken body", "POST", path, body, refused=True)

    def _nonsense_body(self, method: str, path: str) -> Request:
        if method == "GET":
            return self._junk_words(method, path)
        value: object = {self._draw.choice(_NAMES): self._nonsense(3) for _ in range(self._draw.randrange(1, 6))}
        if self._draw.random() < 0.5:
            value = [value] * self._draw.choice((0, 1, 2, 21))
        body = json.dumps(value, ensure_ascii=self._draw.random() < 0.5).encode(errors="surrogatepass")
        refused = path.removeprefix("/api/v5/") not in _WANT_NOTHING
        return self._signed("nonsense body", "POST", path, body, refused=refused)

    def _nonsense(self, depth: int) -> object:
        draw = self._draw
        plain: tuple[object, ...] = (
            draw.choice(_JUNK[:-1]),
            None,
            True,
            False,
            -1,
            10**400,
            1.5,
            1e300,
            float("nan"),
            "\ud800",
            "a\udfff",
            "\x7f",
        )
        if depth and draw.random() < 0.3:
            return draw.choice(([self._nonsense(depth - 1)] * 2, {"instId": self._nonsense(depth - 1)}, [], {}))
        return draw.choice(plain)

    def _bad_keys(self, method: str, path: str) -> Request:
        draw = self._draw
        body = b"{}" if method == "POST" else b""
        request = self._signed("bad keys", method, path, body, refused=False)
        headers = dict(request.headers)
        names = [name for name in headers if name.startswith("OK-")]
        fault = draw.randrange(7)
        if fault == 0:
            del headers[draw.choice(names)]
        elif fault == 1:
            headers[draw.choice(names)] = draw.choice(("", " ", "x", "😀", "a" * 5000, "\x00", "=" * 44))
        elif fault == 2:
            headers = auth_headers(method, path + "?more=1", body)
        elif fault == 3:
            headers = auth_headers(
                method, path, body, at_ms=FROZEN_MS + draw.choice((-1, 1)) * draw.randrange(31_000, 10**9)
            )
        elif fault == 4:
            headers["OK-ACCESS-TIMESTAMP"] = draw.choice((
                str(FROZEN_MS), "2026-11-18", "2026-13-45T99:99:99.999Z", "0000-00-00T00:00:00Z",
                "9999-12-31T23:59:59.999Z",
                "٢٠٢٦-11-18T11:06:40.123Z"))  # fmt: skip
        elif fault == 5:
            del headers["x-simulated-trading"]
        else:
            headers = {}
        return request._replace(headers=headers | {"Content-Type": "application/json"})

    def _illegal_act(self, method: str, path: str) -> Request:
        acts = {
            "trade/order": self._illegal_order,
            "trade/batch-orders": lambda: [self._illegal_order() for _ in range(self._draw.randrange(1, 4))],
            "trade/cancel-order": self._unknown_order,
            "trade/cancel-batch-orders": lambda: [self._unknown_order(), self._unknown_order()],
            "trade/amend-order": lambda: {**self._unknown_order(), "newSz": self._draw.choice(("1", *_NUMBERS))},
            "trade/amend-batch-orders": lambda: [{**self._unknown_order(), "newPx": "1"}],
            "trade/close-position": lambda: {"instId": "XRP-USDT-SWAP", "mgnMode": self._draw.choice(("cross", "x"))},
            "account/set-leverage": self._illegal_leverage,
            "account/set-position-mode": lambda: {"posMode": self._draw.choice(("long_short_mode", "x", "", "net"))},
            "account/set-account-level": lambda: {"acctLv": self._draw.choice(("1", "3", "4", "5", "", "-1"))},
            "asset/transfer": self._illegal_transfer,
            "trade/order-algo": self._illegal_algo,
        }  # fmt: skip
        name = path.removeprefix("/api/v5/")
        if method == "GET" or name not in acts:
            return self._nonsense_body(method, path)
        body = json.dumps(acts[name]()).encode()
        return self._signed("illegal act", "POST", path, body, refused=True)

    def _legal_order(self, inst_id: str) -> dict[str, Any]:
        price = str((self._last(inst_id) * Decimal("0.985")).quantize(Decimal(1)))
        mode, size = ("cash", "0.01") if inst_id == _PAIR else ("cross", "1")
        return {"instId": inst_id, "tdMode": mode, "side": "buy", "ordType": "limit", "sz": size, "px": price}

    def _illegal_order(self) -> dict[str, Any]:
        """An order that is right but for one thing: a cell of the matrix of modes, or one word."""
        draw = self._draw
        swap, pair = self._legal_order(_SWAP), self._legal_order(_PAIR)
        wrong: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...] = (
            (swap, {"tdMode": "cash"}),
            (swap, {"posSide": draw.choice(("long", "short", "both"))}),
            (swap, {"instId": draw.choice(("BTC-USDT-SWAP ", "btc-usdt-swap", "XXX-USDT-SWAP", "", "BTC"))}),
            (swap, {"instId": "XRP-USDT-SWAP", "px": "1", "reduceOnly": "true"}),
            (swap, {"px": str(int(self._last(_SWAP) * 10))}),
            (swap, {"sz": draw.choice((*_NUMBERS, "0.001", "1.005", "1000000000000"))}),
            (swap, {"px": draw.choice((*_NUMBERS, "0.00000001"))}),
            (swap, {"side": draw.choice(("", "hold", "BUY", "long"))}),
            (swap, {"ordType": draw.choice(("", "LIMIT", "stop", "conditional", "x" * 500))}),
            (swap, {"tdMode": draw.choice(("", "CROSS", "margin", "spot_isolated"))}),
            (swap, {"clOrdId": draw.choice(("a-b", "a_b", "a.b", "é", "x" * 33, " ", "😀"))}),
            (swap, {"tag": draw.choice(("t" * 17, "a-b", "é"))}),
            (pair, {"sz": draw.choice((*_NUMBERS, "0.000000001"))}),
            (pair, {"sz": "100"}),
            (pair, {"reduceOnly": "true"}),
            (pair, {"tdMode": "cross"}),
        )  # fmt: skip
        legal, fault = draw.choice(wrong)
        return {**legal, **fault}

    def _unknown_order(self) -> dict[str, Any]:
        draw = self._draw
        ids: tuple[Mapping[str, Any], ...] = (
            {"ordId": "1"}, {"ordId": draw.choice(_JUNK[:-1])}, {"clOrdId": "nobody"},
            {"clOrdId": draw.choice(_JUNK[:-1])}, {}, {"ordId": "", "clOrdId": ""}, {"ordId": "9" * 30},
        )  # fmt: skip
        return {"instId": draw.choice((_SWAP, _PAIR, "XXX", "")), **draw.choice(ids)}

    def _illegal_leverage(self) -> dict[str, Any]:
        draw = self._draw
        legal = {"instId": _SWAP, "lever": "3", "mgnMode": "cross"}
        wrong: tuple[Mapping[str, Any], ...] = (
            {"lever": draw.choice((*_NUMBERS, "1000", "0.5"))}, {"mgnMode": draw.choice(("", "cash", "CROSS"))},
            {"instId": draw.choice(("XXX", "BTC-USDT-SWAP "))},
        )  # fmt: skip
        return {**legal, **draw.choice(wrong)}

    def _illegal_transfer(self) -> dict[str, Any]:
        draw = self._draw
        legal = {"ccy": "USDT", "amt": "1", "from": "18", "to": "6"}
        wrong: tuple[Mapping[str, Any], ...] = (
            {"amt": draw.choice(_NUMBERS)}, {"amt": "1" + "0" * 30}, {"ccy": draw.choice(("", "XXX", "usdt"))},
            {"to": "18"}, {"from": draw.choice(("", "99", "x"))}, {"to": draw.choice(("", "99", "x"))},
        )  # fmt: skip
        return {**legal, **draw.choice(wrong)}

    def _illegal_algo(self) -> dict[str, Any]:
        draw = self._draw
        legal = {**self._legal_order(_SWAP), "ordType": "trigger", "triggerPx": "50000", "orderPx": "-1"}
        wrong: tuple[Mapping[str, Any], ...] = (
            {"ordType": draw.choice(("", "limit", "x"))}, {"triggerPx": draw.choice(_NUMBERS)},
            {"sz": draw.choice(_NUMBERS)}, {"side": "x"}, {"instId": "XXX"}, {"tdMode": "cash"}, {"posSide": "long"},
        )  # fmt: skip
        return {**legal, **draw.choice(wrong)}


_STATUSES = {"0": 200, "404": 404, "50115": 405}


def complaint(request: Request, status: int, body: bytes) -> str | None:
    """Why an answer is not one that OKX could give to this request; None where it could."""
    try:
        envelope = json.loads(body)
    except ValueError:
        return f"HTTP {status} without JSON: {body[:200]!r}"
    if not isinstance(envelope, dict) or "code" not in envelope or not isinstance(envelope.get("msg"), str):
        return f"no envelope: {body[:200]!r}"
    code = envelope["code"]
    if status >= 500 or status not in (200, 400, 401, 403, 404, 405, 410, 429):
        return f"HTTP {status}"
    if str(code) in _STATUSES and status != _STATUSES[str(code)]:
        return f"code {code} with HTTP {status}"
    if not isinstance(code, str) and envelope.get("error_code") != "404":
        return f"code is no string: {body[:200]!r}"
    if status == 401 and set(envelope) != {"code", "msg"}:
        return f"401 with {sorted(envelope)}"
    if str(code) != "0" and not envelope["msg"]:
        return f"code {code} without a message"
    return _complaint_of_rows(request, str(code), envelope)


def _complaint_of_rows(request: Request, code: str, envelope: Mapping[str, Any]) -> str | None:
    rows = envelope.get("data", [])
    # index-components and insurance funds answer with one object.
    if code == "0" and not isinstance(rows, list | dict):
        return f"data is {type(rows).__name__}"
    verdicts = [row for row in rows if isinstance(row, dict) and "sCode" in row]
    if any(row["sCode"] != "0" and not row.get("sMsg") for row in verdicts):
        return "a row is refused without a word"
    if request.refused and (code == "0" or any(row["sCode"] == "0" for row in verdicts)):
        return f"was obeyed: {str(envelope)[:200]}"
    return None
