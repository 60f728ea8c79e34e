"""
Benchmarks: what our own work costs, in units of a yardstick measured in the same round.

Run ``python -m benchmarks``. Start reading at ``cell.py``; ``registry.py`` names every cell.
"""
