"""``python -m difflog``: the command line of the difference log (`commands.py`)."""

from __future__ import annotations

import sys

from dualwitness.difflog.commands import main

sys.exit(main())
