"""``python -m benchmarks``: see ``command.py``."""

from __future__ import annotations

import sys

from dualwitness.benchmarks.command import main

if __name__ == "__main__":
    sys.exit(main())
