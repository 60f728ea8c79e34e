"""
dualwitness: one trading interface, two independent witnesses, one honest record.

Users import through this package: ``from dualwitness.venues import open_venue``.
In a clone the sibling folders (``models/``, ``venues/``, …) lie beside this one; in an installed wheel they lie
inside it. Extending ``__path__`` covers the clone, so a user's own ``models/`` can neither shadow ours nor be shadowed.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["__version__"]
__version__ = "0.1.0"

_here = Path(__file__).resolve().parent
if not (_here / "models").is_dir():
    __path__.append(str(_here.parent))
