"""
A finished connection test: its lines, where the libraries agree, its exit code, and how it is shown. Pure.

Exit codes: 0 nothing failed (warnings do not count) · 1 something failed · 3 something could not be asked, and nothing
else failed. What a library or a venue has no way to say (``not_possible``) is neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from dualwitness.models import RunMode, Venue
from dualwitness.venues.check_line import CheckLine, CheckName, CheckOutcome

__all__ = ["CheckReport", "agreement_line"]

_FAILED, _UNANSWERED = 1, 3
_COMPARED = (
    CheckName.ACCOUNT_LEVEL,
    CheckName.POSITION_MODE,
    CheckName.BALANCE,
    CheckName.OPEN_ORDERS,
    CheckName.POSITIONS,
)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything that one connection test found; ``base_url`` is None where no address was asked."""

    venue: Venue
    mode: RunMode
    base_url: str | None
    lines: tuple[CheckLine, ...]

    @property
    def exit_code(self) -> int:
        """0, 1 or 3: the worst of what was found."""
        failed = [line for line in self.lines if line.outcome is CheckOutcome.FAILED]
        if any(not line.unanswered for line in failed):
            return _FAILED
        return _UNANSWERED if failed else 0

    @property
    def verdict(self) -> str:
        """The report in one sentence."""
        count = {one: sum(line.outcome is one for line in self.lines) for one in CheckOutcome}
        parts = [f"{number} {str(outcome).replace('_', ' ')}" for outcome, number in count.items() if number]
        endings = {
            0: "a read finds nothing in the way",
            _FAILED: "mend what failed before anything is sent",
            _UNANSWERED: "not everything could be asked: what was not is unknown, not empty",
        }
        return f"{', '.join(parts)}: {endings[self.exit_code]}"

    def as_text(self) -> str:
        """For people: one line a check, and below what is not ok what to do, once for a row of them."""
        where = f" at {self.base_url}" if self.base_url else ""
        shown = [f"connection test of {self.venue}, mode {self.mode}{where}"]
        advised = None
        for line in self.lines:
            outcome = str(line.outcome).replace("_", " ")
            shown.append(f"  {outcome:12}  {line.check:13}  {line.library or '-':7}  {line.told}")
            if line.outcome is not CheckOutcome.OK and line.advice != advised:
                shown.append(f"{'':40}to do: {line.advice}")
            advised = line.advice
        return "".join(f"{_printable(text)}\n" for text in (*shown, self.verdict))

    def as_document(self) -> dict[str, object]:
        """For programs: the same under stable names."""
        return {
            "schema_version": 1,
            "venue": str(self.venue),
            "mode": str(self.mode),
            "base_url": self.base_url,
            "exit_code": self.exit_code,
            "verdict": self.verdict,
            "checks": [asdict(line) for line in self.lines],
        }


def agreement_line(lines: Sequence[CheckLine]) -> CheckLine | None:
    """Whether all libraries that know something know the same; None where there are not two who do."""
    compared, apart = [], []
    for check in _COMPARED:
        known = {line.library: line.value for line in lines if line.check is check and line.value is not None}
        if len(known) > 1:
            compared.append(str(check))
            if len(set(known.values())) > 1:
                apart.append(f"{check}: {', '.join(f'{library} says {value}' for library, value in known.items())}")
    if not compared:
        return None
    if apart:
        advice = "ask again; if it stays so, python -m alignment.run says which of them is wrong, and shows the bytes"
        return CheckLine(CheckName.AGREEMENT, CheckOutcome.WARNING, "; ".join(apart), advice)
    return CheckLine(CheckName.AGREEMENT, CheckOutcome.OK, f"both libraries say the same of {', '.join(compared)}")


def _printable(text: str) -> str:
    """Without anything that a terminal would obey."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
