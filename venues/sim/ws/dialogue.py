"""What a client may say over WebSocket, and what it is answered (okx-v5-facts section 13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from dualwitness.venues.sim.kinds import Refusal
from dualwitness.venues.sim.lies import Asked
from dualwitness.venues.sim.post_body import parsed_json, texts
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.sim.ws.account_pushes import opening
from dualwitness.venues.sim.ws.channels import channel_of
from dualwitness.venues.sim.ws.login import check_login
from dualwitness.venues.sim.ws.market_streams import stream_of
from dualwitness.venues.sim.ws.messages import Fault, Push, error, event, push, reply
from dualwitness.venues.sim.ws.operations import OPERATIONS, carry_out
from dualwitness.venues.sim.ws.session import Session, Subscription, key_of

__all__ = ["Dialogue"]

_REQUESTS_PER_HOUR: Final = 480
_HOUR_S: Final = 3_600.0
_MOST_CONNECTIONS: Final = 30
# How often an account channel repeats itself unasked, in ms of venue time.
_REFRESH_MS: Final = 5_000
_REFRESHED: Final = ("account", "liquidation-warning", "positions")
_INTERVALS: Final = {"account": ("0",), "positions": ("0", "2000", "3000", "4000")}
_MESSAGES_OF_PRIVATE: Final = ("business", "private")
_TIERS: Final = {
    "60029": "Only users who are VIP6 and above in trading fee tier are allowed to subscribe to this channel",
    "60030": "Only users who are VIP5 and above in trading fee tier are allowed to subscribe to this channel",
}


class Dialogue:
    """Hears one message at a time; the caller holds the venue's lock."""

    def __init__(self, venue: EmbeddedVenue, sessions: Sequence[Session], monotonic_s: Callable[[], float]) -> None:
        self._venue = venue
        self._sessions = sessions
        self._monotonic_s = monotonic_s

    def hear(self, session: Session, text: str) -> None:
        """Answer one message that is not ``ping``."""
        illegal = Fault("60012", f"Illegal request: {text}")
        request_id = ""
        try:
            message = _message(text, illegal)
            request_id = str(message.get("id") or "")
            operation = str(message.get("op"))
            if operation in OPERATIONS and session.endpoint in _MESSAGES_OF_PRIVATE:
                self._operate(session, operation, message, request_id)
                return
            act = {"login": self._login, "subscribe": self._subscribe, "unsubscribe": self._unsubscribe}.get(operation)
            args = message.get("args")
            if act is None or not isinstance(args, list) or not args or not all(isinstance(one, dict) for one in args):
                raise illegal
            self._count(session)
            for one in args:
                act(session, texts(one), request_id)
        except Fault as fault:
            session.send(error(fault, session.conn_id, request_id))

    def _count(self, session: Session) -> None:
        now_s = self._monotonic_s()
        while session.requests and session.requests[0] <= now_s - _HOUR_S:
            session.requests.popleft()
        if len(session.requests) >= _REQUESTS_PER_HOUR:
            raise Fault("60014", "Requests too frequent")
        session.requests.append(now_s)

    def _operate(self, session: Session, operation: str, message: Mapping[str, object], request_id: str) -> None:
        try:
            if not session.logged_in:
                raise Fault("60011", "Please log in")
            answer = carry_out(self._venue, operation, message.get("args"), str(message.get("expTime") or ""))
        except Fault as fault:
            answer = {"code": fault.code, "msg": fault.msg, "data": []}
        session.send(reply(request_id, operation, answer))

    def _login(self, session: Session, given: Mapping[str, str], request_id: str) -> None:
        if session.logged_in:
            raise Fault("60031", "The WebSocket endpoint does not allow multiple or repeated logins")
        check_login(self._venue.authenticator, given, session.simulated)
        session.logged_in = True
        session.send(event("login", session.conn_id, request_id=request_id, code="0", msg=""))

    def _unsubscribe(self, session: Session, arg: dict[str, str], request_id: str) -> None:
        if channel_of(arg.get("channel", "")) is None:
            raise _unknown(arg)
        session.subscriptions.pop(key_of(arg), None)
        session.send(event("unsubscribe", session.conn_id, request_id=request_id, arg=arg))

    def _subscribe(self, session: Session, arg: dict[str, str], request_id: str) -> None:
        if key_of(arg) in session.subscriptions:
            # Acknowledged again, and nothing starts anew (measured).
            session.send(event("subscribe", session.conn_id, request_id=request_id, arg=arg))
            return
        subscription = self._subscription(session, arg)
        now_ms = self._venue.clock.now_ms()
        try:
            pushes = self._opening(subscription, now_ms)
        except Refusal as refusal:
            raise _unknown(arg) from refusal
        channel = subscription.channel
        connections = self._connections(channel.name)
        if channel.counted and session not in connections and len(connections) >= _MOST_CONNECTIONS:
            self._tell_count(session, "channel-conn-count-error", channel.name, len(connections))
            return
        session.subscriptions[key_of(arg)] = subscription
        session.send(event("subscribe", session.conn_id, request_id=request_id, arg=arg))
        if channel.counted:
            self._tell_count(session, "channel-conn-count", channel.name, len(self._connections(channel.name)))
        for pushed in pushes:
            session.send(push(subscription.pushed_arg, self.told(session, subscription, pushed)))

    def _opening(self, subscription: Subscription, now_ms: int) -> list[Push]:
        arg = subscription.arg
        subscription.stream = stream_of(self._venue.market, subscription.channel.name, arg)
        if subscription.stream is not None:
            return subscription.stream.opening(now_ms)
        subscription.refreshed_ms = now_ms
        return opening(self._venue.account, subscription)

    def _subscription(self, session: Session, arg: dict[str, str]) -> Subscription:
        channel = channel_of(arg.get("channel", ""))
        if channel is None or channel.endpoint != session.endpoint or not all(arg.get(name) for name in channel.needs):
            raise _unknown(arg)
        if channel.login and not session.logged_in:
            raise Fault("60011", "Please log in")
        if channel.refusal:
            raise Fault(channel.refusal, _TIERS[channel.refusal])
        if arg.get("instType", "ANY") not in ("ANY", "FUTURES", "MARGIN", "OPTION", "SPOT", "SWAP"):
            raise _unknown(arg)
        pushed = {name: value for name, value in arg.items() if name != "extraParams"}
        if channel.login:
            pushed["uid"] = self._venue.account.uid
        refresh_ms = _refresh_ms(channel.name, arg) if channel.name in _REFRESHED else 0
        return Subscription(channel, arg, pushed, refresh_ms=refresh_ms)

    def _connections(self, channel: str) -> list[Session]:
        return [one for one in self._sessions if any(sub.channel.name == channel for sub in one.subscriptions.values())]

    def _tell_count(self, session: Session, name: str, channel: str, count: int) -> None:
        session.send(event(name, session.conn_id, channel=channel, connCount=str(count)))

    def told(self, session: Session, subscription: Subscription, pushed: Push) -> Push:
        """The rows as this client is told them: the planted lies hold for pushes, too."""
        asked = Asked("", subscription.arg, self._venue.market)
        rows = self._venue.teller.tell_rows(subscription.channel.name, pushed.data, asked, session.library)
        return pushed if rows is pushed.data else pushed._replace(data=rows)


def _message(text: str, illegal: Fault) -> Mapping[str, object]:
    try:
        message = parsed_json(text)
    except ValueError as problem:
        raise illegal from problem
    if not isinstance(message, dict):
        raise illegal
    return cast(Mapping[str, object], message)


def _unknown(arg: Mapping[str, str]) -> Fault:
    named = ",".join(f"{name}:{value}" for name, value in arg.items())
    return Fault(
        "60018",
        f"Wrong URL or {named} doesn't exist. Please use the correct URL, channel and parameters referring to API "
        "document.",
    )


def _refresh_ms(channel: str, arg: Mapping[str, str]) -> int:
    """``extraParams`` is a JSON text: updateInterval 0 leaves the events alone, 2000 to 4000 ms are for positions."""
    extra = arg.get("extraParams", "")
    if not extra:
        return _REFRESH_MS
    try:
        asked = parsed_json(extra)
    except ValueError as problem:
        raise Fault("60033", "Parameter extraParams error") from problem
    interval = str(asked.get("updateInterval", "")) if isinstance(asked, dict) else ""
    if not interval:
        return _REFRESH_MS
    if interval not in _INTERVALS.get(channel, ()):
        raise Fault("60033", "Parameter extraParams error")
    return int(interval)
