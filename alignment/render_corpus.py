"""What a person sees of an audit over recorded answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from dualwitness.alignment.judge import worst_first
from dualwitness.alignment.render import accepted_line, counted, findings_table, log_line, safe

if TYPE_CHECKING:
    from rich.console import Console

    from dualwitness.alignment.corpus import CorpusResult

__all__ = ["corpus_summary"]


def corpus_summary(result: CorpusResult, console: Console) -> None:
    """How many payloads were read, compared, not comparable and why; then the findings, worst first."""
    compared = sum(result.compared.values())
    parts = ", ".join(f"{count} {name}" for name, count in sorted(result.compared.items()))
    console.print(f"[bold]offline[/bold] · {result.read} payloads read · {compared} compared ({parts})")
    console.print(f"refused by both parsers: {result.refused_by_both}")
    table = Table("not comparable", "why", box=None, pad_edge=False)
    for reason, count in result.not_comparable.most_common():
        table.add_row(str(count), safe(reason))
    console.print(table)
    findings = worst_first(result.findings)
    open_ones = [one for one in findings if one.accepted_by is None]
    if open_ones:
        console.print(findings_table(open_ones))
    console.print(accepted_line(findings), soft_wrap=True)
    console.print(f"verdict [bold]{result.verdict}[/bold] · {counted(findings)} · exit {result.exit_code}")
    console.print(log_line(result.recorded.as_document()), soft_wrap=True)
    console.print(f"evidence {safe(str(result.folder))}", soft_wrap=True)
