"""
The keys of a venue as the environment holds them: which variables are set, which are missing; no value is ever shown.

| venue | variables |
|---|---|
| okx | ``OKX_API_KEY``, ``OKX_API_SECRET`` or ``OKX_SECRET_KEY``, ``OKX_API_PASSPHRASE`` or ``OKX_PASSPHRASE`` |
| bybit | ``BYBIT_API_KEY``, ``BYBIT_API_SECRET`` |
| binance | ``BINANCE_API_KEY``, ``BINANCE_API_SECRET`` |
| paper | none |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from dualwitness.models import Venue
from dualwitness.venues.errors import UsageError
from dualwitness.venues.wiring import Credentials

__all__ = ["KeysFound", "find_keys"]

_SPELLINGS: Mapping[Venue, Mapping[str, tuple[str, ...]]] = {
    Venue.OKX: {
        "api_key": ("OKX_API_KEY",),
        "api_secret": ("OKX_API_SECRET", "OKX_SECRET_KEY"),
        "passphrase": ("OKX_API_PASSPHRASE", "OKX_PASSPHRASE"),
    },
    Venue.BYBIT: {"api_key": ("BYBIT_API_KEY",), "api_secret": ("BYBIT_API_SECRET",)},
    Venue.BINANCE: {"api_key": ("BINANCE_API_KEY",), "api_secret": ("BINANCE_API_SECRET",)},
    Venue.PAPER: {},
}


@dataclass(frozen=True, slots=True)
class KeysFound:
    """
    What the environment holds of one venue's keys, by the names of its variables.

    ``missing`` names every part that no variable holds, in all its spellings; ``damaged`` the variables whose value
    cannot be a key. ``credentials`` is None unless all parts are there and sound.
    """

    given: tuple[str, ...]
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    credentials: Credentials | None = field(default=None, repr=False)

    @property
    def told(self) -> str:
        """The names, in a sentence."""
        parts = [f"{', '.join(self.given)} {'is' if len(self.given) == 1 else 'are'} set"] if self.given else []
        parts += [f"{', '.join(self.missing)} {'is' if len(self.missing) == 1 else 'are'} missing"] * bool(self.missing)
        parts += [f"{name} has blanks or characters outside printable ASCII" for name in self.damaged]
        return "; ".join(parts) or "this venue has no keys"


def find_keys(venue: Venue, environment: Mapping[str, str]) -> KeysFound:
    """
    Look for the keys of a venue; a variable that is set to nothing counts as missing.

    Raises `UsageError` where two spellings of one part are set and differ: nobody can know which is meant.
    """
    given: list[str] = []
    missing: list[str] = []
    values: dict[str, str] = {}
    for part, spellings in _SPELLINGS[venue].items():
        names = [name for name in spellings if environment.get(name)]
        if len({environment[name] for name in names}) > 1:
            message = f"{' and '.join(names)} are both set and differ"
            raise UsageError(message, advice="unset one of them")
        given += names
        if names:
            values[part] = environment[names[0]]
        else:
            missing.append(" or ".join(spellings))
    damaged = tuple(name for name in given if not _is_sound(environment[name]))
    complete = bool(values) and not missing and not damaged
    keys = Credentials(**{part: SecretStr(value) for part, value in values.items()}) if complete else None
    return KeysFound(tuple(given), tuple(missing), damaged, keys)


def _is_sound(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip()
