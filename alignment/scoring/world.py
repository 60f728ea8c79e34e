"""
One case of the scorecard, played: a venue in this process, the audits of it, and what it really held.

A session is one venue and one audit or more of it. Venue time stands still where the lies are told from the start, so
that an honest twin is the same to the byte; in mid-run it moves with every request and between the audits.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from dualwitness.alignment.audit import audit
from dualwitness.alignment.scoring.audited import Audited, Played, audited
from dualwitness.alignment.scoring.cases import Case, Sort
from dualwitness.alignment.session import FROZEN_AT_MS
from dualwitness.alignment.settings import AuditSettings, settings_from
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.engine.advance import advance
from dualwitness.venues.sim.engine.bulk import load_round_trips
from dualwitness.venues.sim.engine.deleveraging import deleverage
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.lies import Effects, Needs, Telling
from dualwitness.venues.sim.server import serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue

__all__ = ["few_instruments", "play"]

# A few coins are enough: reading five hundred instruments would be half the cost of an audit.
_COINS = frozenset({"BTC", "DOGE", "ETH", "LTC", "SOL", "USDC", "USDT"})
# More than a page holds, on the symbol in which the probe trades and nothing is held.
_MANY_FILLS, _MANY_FILLS_OF = 130, "DOGE-USDT-SWAP"
_FORCED, _FORCED_CONTRACTS = "BTC-USDT-SWAP", Decimal("0.5")
_TRADED = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "1"}
_STEP_MS, _PAUSE_MS = 7, 30_000
_MOST_AUDITS = 3


def few_instruments() -> tuple[SimInstrument, ...]:
    """The instruments of a few coins, without options."""
    return tuple(
        one
        for one in INSTRUMENTS
        if one.inst_type != "OPTION" and (one.base_ccy or one.uly.partition("-")[0]) in _COINS
    )


class _Watched(EmbeddedVenue):
    """A venue that counts what it answers, plants its lies at a moment, and moves its clock with every request."""

    def __init__(self, case: Case) -> None:
        super().__init__(
            seed=case.seed,
            scenario=case.scenario,
            clock=FrozenClock(FROZEN_AT_MS),
            instruments=few_instruments(),
        )
        self.requests = 0
        self.tellings: list[Telling] = []
        self.first_false: tuple[int, int] | None = None
        self._waiting = case.plants
        self._after = case.after or 0
        self._step_ms = _STEP_MS if case.moving else 0
        self.teller.witness = self.tellings.append
        self._plant_when_due()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """As the venue answers; counted."""
        with self.lock:
            self.requests += 1
            response = super().answer(method, target, headers, body)
            self._look()
            self.clock.advance(self._step_ms)
            self._plant_when_due()
            return response

    def effects(self, target: str, headers: Mapping[str, str], body: bytes) -> Effects:
        """As the venue has them; a connection that it breaks was lied to."""
        with self.lock:
            effects = super().effects(target, headers, body)
            self._look()
            return effects

    def _plant_when_due(self) -> None:
        if self._waiting and self.requests >= self._after:
            for label in self._waiting:
                self.teller.plant(label)
            self._waiting = ()

    def _look(self) -> None:
        if self.first_false is None and any(self.teller.hits.values()):
            self.first_false = self.requests, self.clock.now_ms()


def play(case: Case, needs: frozenset[Needs] | None = None) -> Played:
    """
    Play one case: a venue, its audits, and everything that was told.

    ``needs`` is what the world holds (default: what the lies need). In mid-run there are audits until the one after
    the first false answer; of two audits with a trade in between the second is the one that can tell.
    """
    needed = case.needs if needs is None else needs
    venue = _Watched(case)
    _furnish(venue, needed)
    audits: list[Audited] = []
    with _workplace() as out, serve_in_thread(venue) as running:
        while not audits or _goes_on(case, needed, audits, venue.first_false):
            if audits:
                _between(venue, case, needed)
            result = audit(_settings(out, running.base_url, case.seed + len(audits)))
            audits.append(audited(result, venue, venue.requests))
    return Played(tuple(audits), tuple(venue.tellings), venue.first_false)


def _goes_on(case: Case, needs: frozenset[Needs], audits: list[Audited], first_false: tuple[int, int] | None) -> bool:
    if case.sort is not Sort.MID_RUN:
        return len(audits) < (2 if case.moving or Needs.TRADING in needs else 1)
    told_before = len(audits) > 1 and first_false is not None and audits[-2].requests >= first_false[0]
    return len(audits) < _MOST_AUDITS and not told_before


def _furnish(venue: _Watched, needs: frozenset[Needs]) -> None:
    if Needs.PAGES in needs:
        load_round_trips(venue.account, _MANY_FILLS_OF, _MANY_FILLS)
    if Needs.FORCED in needs:
        advance(venue.account)
        deleverage(venue.account, _FORCED, "net", _FORCED_CONTRACTS)


def _between(venue: _Watched, case: Case, needs: frozenset[Needs]) -> None:
    """What happens between two audits: time passes in mid-run, and a trade where a lie is about one."""
    with venue.lock:
        if case.moving:
            venue.clock.advance(_PAUSE_MS)
        advance(venue.account)
        if Needs.TRADING in needs:
            venue.write("/api/v5/trade/order", _TRADED)


def _settings(out: Path, base_url: str, seed: int) -> AuditSettings:
    return settings_from(
        mode="okx_demo_sim",
        symbols=None,
        samples=None,
        base_url=base_url,
        config=None,
        out=str(out),
        seed=seed,
        lies=(),
        fail_on="S1",
        allow_orders=False,
        environment={},
    )


@contextlib.contextmanager
def _workplace() -> Iterator[Path]:
    """A folder that is gone afterwards; journal and difference log lie below the working directory."""
    folder = Path(tempfile.mkdtemp(prefix="scorecard-"))
    try:
        with contextlib.chdir(folder):
            yield folder / "runs"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
