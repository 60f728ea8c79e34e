"""The guard's parts: looking within a budget, judging, policies, permissions, the monitor."""
