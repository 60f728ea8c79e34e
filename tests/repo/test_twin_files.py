"""The two clients are built alike: whoever knows one finds the way in the other."""

from __future__ import annotations

from pathlib import Path


def file_names(folder: Path) -> set[str]:
    """The modules of a client."""
    return {path.name for path in folder.glob("*.py")}


def test_both_clients_have_the_same_file_names(repository: Path) -> None:
    """A file of one client has its twin in the other."""
    venues = repository / "venues"
    assert file_names(venues / "ccxt_client") == file_names(venues / "okx_sdk")


def test_both_clients_have_the_files_that_a_newcomer_looks_for(repository: Path) -> None:
    """Client, symbols, modes, parse and errors are where they are expected."""
    expected = {"__init__.py", "client.py", "symbols.py", "modes.py", "parse.py", "errors.py"}
    assert expected <= file_names(repository / "venues" / "ccxt_client")
