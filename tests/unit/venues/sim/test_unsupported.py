"""What the venue does not offer is refused in OKX's words, and the table is what the venue does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dualwitness.venues.sim import unsupported
from dualwitness.venues.sim.engine import PRIVATE_ROUTES
from dualwitness.venues.sim.routes_public import PUBLIC_ROUTES
from dualwitness.venues.sim.unsupported import UNSUPPORTED, describe_unsupported, refusal_of
from tests.support.venue import ask, frozen_venue

_PRIVATE = sorted(path for path in UNSUPPORTED if not path.startswith(("/api/v5/public/", "/api/v5/market/")))


@pytest.mark.parametrize("path", [path for path in _PRIVATE if UNSUPPORTED[path].code != "404"])
def test_unsupported_private_path_checks_the_key_before_it_refuses(path: str) -> None:
    """As OKX's gateway does."""
    response = frozen_venue().respond("GET", path, {})
    assert (response.status, json.loads(response.body)["code"]) == (401, "50103")


def test_what_is_unsupported_is_not_served() -> None:
    """A path stands in one table."""
    assert not {path for _, path in PRIVATE_ROUTES} & set(UNSUPPORTED)


@pytest.mark.parametrize("path", sorted(UNSUPPORTED))
def test_unsupported_path_answers_its_listed_code(path: str) -> None:
    """404 in the shape of OKX's gateway, all else with HTTP 200 and a text."""
    response = ask(frozen_venue(), path)
    envelope = json.loads(response.body)
    code = UNSUPPORTED[path].code
    assert str(envelope["code"]) == code
    assert response.status == (404 if code == "404" else 200)
    assert envelope["msg"]


def test_refusal_of_a_retired_or_unlisted_path_is_none() -> None:
    """Those two are unknown paths to the venue."""
    assert refusal_of("/api/v5/market/open-oracle") is None
    assert refusal_of("/api/v5/public/time") is None


def test_every_unsupported_path_has_a_reason_and_a_known_code() -> None:
    """A code outside the three would have no text."""
    for path, (code, reason) in UNSUPPORTED.items():
        assert code in {"404", "50030", "50038"}, path
        assert reason
        assert (refusal_of(path) is None) == (code == "404")
        assert ("GET", path) not in PUBLIC_ROUTES or code != "404"


def test_description_names_every_path_once() -> None:
    """The documentation is generated from the table."""
    lines = describe_unsupported().splitlines()
    assert lines[1] == "|---|---|---|"
    assert len(lines) == 2 + len(UNSUPPORTED)
    for path, (code, _) in UNSUPPORTED.items():
        assert sum(f"| `{path}` | {code} |" in line for line in lines) == 1


def test_readme_holds_the_table_as_it_is() -> None:
    """Whoever adds a path adds it to the documentation."""
    readme = Path(unsupported.__file__).with_name("README.md").read_text(encoding="utf-8")
    table = readme.partition("<!-- unsupported -->\n")[2].partition("<!-- /unsupported -->")[0]
    assert table == describe_unsupported()
