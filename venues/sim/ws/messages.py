"""How OKX spells what it says over WebSocket, apart from the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dualwitness.venues.sim.envelope import spelled

__all__ = ["Fault", "Push", "error", "event", "push", "reply"]


class Fault(Exception):
    """The venue says no to a message, in OKX's words (okx-v5-facts section 13)."""

    def __init__(self, code: str, msg: str) -> None:
        super().__init__(f"{code} {msg}")
        self.code = code
        self.msg = msg


class Push(NamedTuple):
    """
    Rows on their way to a subscriber.

    ``action`` is snapshot or update, of order books alone; ``event_type`` likewise or event_update, of accounts and
    positions.
    """

    data: list[object]
    action: str = ""
    event_type: str = ""


def event(name: str, conn_id: str, *, request_id: str = "", **fields: object) -> bytes:
    """An acknowledgement or a notice; ``id`` stands first where the client sent one."""
    start: dict[str, object] = {"id": request_id} if request_id else {}
    return spelled({**start, "event": name, **fields, "connId": conn_id})


def error(fault: Fault, conn_id: str, request_id: str = "") -> bytes:
    """``event: error``."""
    return event("error", conn_id, request_id=request_id, msg=fault.msg, code=fault.code)


def push(arg: Mapping[str, object], pushed: Push) -> bytes:
    """Rows under the subscription's ``arg``."""
    message: dict[str, object] = {"arg": arg}
    if pushed.action:
        message["action"] = pushed.action
    if pushed.event_type:
        message |= {"eventType": pushed.event_type, "curPage": 1, "lastPage": True}
    message["data"] = pushed.data
    return spelled(message)


def reply(request_id: str, operation: str, envelope: Mapping[str, object]) -> bytes:
    """The answer to an order operation: the envelope of REST, behind ``id`` and ``op``."""
    head: dict[str, object] = {"id": request_id, "op": operation}
    times = {name: envelope[name] for name in ("inTime", "outTime") if name in envelope}
    return spelled({**head, "code": envelope["code"], "msg": envelope["msg"], "data": envelope["data"], **times})
