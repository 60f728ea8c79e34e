"""``python -m risk``: the switches of the risk engine (`commands.py`)."""

from __future__ import annotations

import sys

from dualwitness.risk.commands import main

sys.exit(main())
