"""Subscribing and unsubscribing, and everything that is said to it."""

from __future__ import annotations

import pytest

from tests.support.ws import Desk

TICKERS = {"channel": "tickers", "instId": "BTC-USDT"}


def test_ping_is_answered_with_pong_as_plain_text() -> None:
    """OKX's heartbeat is no JSON."""
    assert Desk().listen("public").say("ping") == ["pong"]


def test_subscription_is_acknowledged_with_its_argument_and_the_connection() -> None:
    """One acknowledgement an argument, the client's id first, then the rows."""
    listener = Desk().listen("public")
    args = [TICKERS, {"channel": "mark-price", "instId": "BTC-USDT-SWAP"}]
    heard = listener.say({"id": "7", "op": "subscribe", "args": args})
    assert [one.get("event") for one in heard] == ["subscribe", None, "subscribe", None]
    assert heard[0] == {"id": "7", "event": "subscribe", "arg": TICKERS, "connId": listener.session.conn_id}
    assert heard[1]["arg"] == TICKERS
    assert heard[3]["data"][0]["markPx"]


def test_second_subscription_is_acknowledged_and_starts_nothing_anew() -> None:
    """Measured at OKX: no second snapshot."""
    listener = Desk().listen("public")
    listener.subscribe("books", instId="BTC-USDT")
    (answer,) = listener.subscribe("books", instId="BTC-USDT")
    assert answer["event"] == "subscribe"


def test_unsubscribed_channel_is_silent() -> None:
    """The acknowledgement, and no push afterwards."""
    desk = Desk()
    listener = desk.listen("public")
    listener.subscribe("tickers", instId="BTC-USDT")
    (answer,) = listener.say({"op": "unsubscribe", "args": [TICKERS]})
    assert (answer["event"], answer["arg"]) == ("unsubscribe", TICKERS)
    desk.pass_time(3)
    assert listener.heard() == []


@pytest.mark.parametrize(
    ("endpoint", "arg"),
    [
        ("public", {"channel": "nope"}),
        ("public", {"channel": "tickers"}),
        ("public", {"channel": "tickers", "instId": "NOPE-USDT"}),
        ("public", {"channel": "candle1m", "instId": "BTC-USDT"}),
        ("public", {"channel": "funding-rate", "instId": "BTC-USDT"}),
        ("business", {"channel": "candle7m", "instId": "BTC-USDT"}),
        ("private", {"channel": "tickers", "instId": "BTC-USDT"}),
        ("public", {"channel": "instruments", "instType": "SHOES"}),
    ],
)
def test_subscription_to_what_is_not_there_is_refused(endpoint: str, arg: dict[str, str]) -> None:
    """60018 for an unknown channel, a wrong endpoint, a missing or unknown parameter; the text repeats the argument."""
    (answer,) = Desk().listen(endpoint).say({"op": "subscribe", "args": [arg]})
    named = ",".join(f"{name}:{value}" for name, value in arg.items())
    assert (answer["event"], answer["code"]) == ("error", "60018")
    assert answer["msg"].startswith(f"Wrong URL or {named} doesn't exist.")


SENSELESS = (
    *("{", "[]", "null", '"ping"', '{"op":"subscribe"}', '{"op":"subscribe","args":[]}', "[" * 60_000),
    *('{"op":"subscribe","args":["tickers"]}', '{"op":"dance","args":[{}]}'),
)


@pytest.mark.parametrize("text", SENSELESS, ids=range(len(SENSELESS)))
def test_message_that_makes_no_sense_is_refused_and_repeated(text: str) -> None:
    """60012 with the text, and the connection goes on."""
    listener = Desk().listen("public")
    (answer,) = listener.say(text)
    assert (answer["code"], answer["msg"]) == ("60012", f"Illegal request: {text}")
    assert listener.say("ping") == ["pong"]


@pytest.mark.parametrize("channel", ["account", "balance_and_position", "fills", "orders", "positions"])
def test_private_channel_before_the_login_is_refused(channel: str) -> None:
    """60011."""
    (answer,) = Desk().listen("private").subscribe(channel, instType="ANY")
    assert (answer["code"], answer["msg"]) == ("60011", "Please log in")


@pytest.mark.parametrize(("channel", "code"), [("books-l2-tbt", "60029"), ("books50-l2-tbt", "60030")])
def test_deep_book_is_for_higher_tiers(channel: str, code: str) -> None:
    """60011 before the login (measured), the tier's code after it."""
    listener = Desk().listen("public")
    assert listener.subscribe(channel, instId="BTC-USDT")[0]["code"] == "60011"
    assert listener.login().subscribe(channel, instId="BTC-USDT")[0]["code"] == code


def test_four_hundred_and_eighty_requests_an_hour_are_the_most() -> None:
    """60014 for the next one; an hour later there is room again."""
    desk = Desk()
    listener = desk.listen("public")
    for _ in range(480):
        assert listener.subscribe("status")[0]["event"] == "subscribe"
    assert listener.subscribe("status")[0]["code"] == "60014"
    desk.monotonic_s = 3_600.0
    assert listener.subscribe("status")[0]["event"] == "subscribe"


def test_private_channel_tells_how_many_connections_listen() -> None:
    """Counted over all connections; the thirty-first is refused with an event of its own."""
    desk = Desk()
    for number in range(1, 31):
        listener = desk.private()
        count = listener.subscribe("orders", instType="ANY")[1]
        expected = {"event": "channel-conn-count", "channel": "orders", "connCount": str(number)}
        assert count == expected | {"connId": listener.session.conn_id}
    (answer,) = desk.private().subscribe("orders", instType="ANY")
    assert (answer["event"], answer["connCount"]) == ("channel-conn-count-error", "30")


def test_closed_connection_is_not_counted_and_ends_the_engine_feed() -> None:
    """Nothing is kept for nobody."""
    desk = Desk()
    listener = desk.private()
    listener.subscribe("orders", instType="ANY")
    assert desk.venue.account.feed.listening
    desk.hub.close(listener.session)
    assert not desk.venue.account.feed.listening
    assert desk.private().subscribe("orders", instType="ANY")[1]["connCount"] == "1"


def test_connection_ids_repeat_under_one_seed_and_differ_within_a_venue() -> None:
    """Eight hexadecimal digits, as OKX's."""
    one, two = Desk(seed=3), Desk(seed=3)
    ids = [one.listen("public").session.conn_id for _ in range(3)]
    assert ids == [two.listen("public").session.conn_id for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(len(conn_id) == 8 and int(conn_id, 16) >= 0 for conn_id in ids)
