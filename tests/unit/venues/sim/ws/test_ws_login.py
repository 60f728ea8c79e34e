"""Who may log in over WebSocket."""

from __future__ import annotations

import pytest

from dualwitness.venues.sim.auth import SKEW_MS, SimCredentials
from tests.support.venue import FROZEN_MS
from tests.support.ws import Desk, login_message

SKEW_S = SKEW_MS // 1000


@pytest.mark.parametrize("endpoint", ["business", "private", "public"])
def test_login_with_right_keys_is_accepted_on_every_endpoint(endpoint: str) -> None:
    """The acknowledgement names the connection; nothing else is sent."""
    listener = Desk().listen(endpoint)
    assert listener.say(login_message()) == [
        {"event": "login", "code": "0", "msg": "", "connId": listener.session.conn_id}
    ]


def test_login_with_a_number_for_a_timestamp_is_accepted() -> None:
    """python-okx sends the seconds as a JSON number."""
    message = login_message()
    message["args"][0]["timestamp"] = int(message["args"][0]["timestamp"])
    assert Desk().listen("private").say(message)[0]["event"] == "login"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"timestamp": "yesterday"}, "60004"),
        ({"timestamp": ""}, "60004"),
        ({"apiKey": "another"}, "60005"),
        ({"sign": "c2lnbg=="}, "60007"),
        ({"passphrase": "another"}, "60024"),
    ],
)
def test_login_with_one_wrong_field_is_refused_by_its_own_code(changed: dict[str, str], code: str) -> None:
    """Each field has its code, and the connection stays logged out."""
    listener = Desk().listen("private")
    (answer,) = listener.say(login_message(**changed))
    assert (answer["event"], answer["code"]) == ("error", code)
    assert listener.subscribe("account")[0]["code"] == "60011"


@pytest.mark.parametrize(("late_s", "event"), [(SKEW_S - 1, "login"), (SKEW_S + 2, "error")])
def test_login_is_valid_for_thirty_seconds(late_s: int, event: str) -> None:
    """60006 afterwards."""
    (answer,) = Desk().listen("private").say(login_message(at_s=FROZEN_MS // 1000 - late_s))
    assert answer["event"] == event
    assert answer.get("code") == ("0" if event == "login" else "60006")


@pytest.mark.parametrize(
    ("demo", "simulated", "accepted"),
    [(True, None, True), (True, "1", True), (True, "0", False), (False, "1", False), (False, None, True)],
)
def test_login_believes_the_handshake_about_the_environment(demo: bool, simulated: str | None, accepted: bool) -> None:
    """OKX's demo is another host: without the header the keys decide, with it a contradiction is 50101."""
    credentials = SimCredentials(demo=demo)
    (answer,) = (
        Desk(credentials=credentials).listen("private", simulated=simulated).say(login_message(credentials=credentials))
    )
    assert answer["code"] == ("0" if accepted else "50101")


def test_second_login_is_refused_and_takes_nothing_away() -> None:
    """60031; the first login holds."""
    listener = Desk().private()
    assert listener.say(login_message())[0]["code"] == "60031"
    assert listener.subscribe("account")[0]["event"] == "subscribe"
