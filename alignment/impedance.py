"""
Impedance: what trading costs beyond the price. Pure but for ``python -m alignment.impedance``, which reads sealed runs.

Latency is local and monotonic, request to answer, per operation and library, and split into its phases. Slippage is in
basis points against the book at submission, positive = worse for us. Fees are what the fills say, beside what the rate
gives. Which world they were met in is ``impedance_fidelity``, derived from what was really contacted.
"""

from __future__ import annotations

import sys

from dualwitness.alignment.costs.contact import fidelity
from dualwitness.alignment.costs.fees import fee_truth, fees_paid
from dualwitness.alignment.costs.latency import latency, percentile
from dualwitness.alignment.costs.slippage import slippage_bps

__all__ = ["fee_truth", "fees_paid", "fidelity", "latency", "percentile", "slippage_bps"]


if __name__ == "__main__":
    from dualwitness.alignment.costs.command import main

    sys.exit(main())
