"""The lie scorecard's parts: cases, worlds, expectations held against what an audit found."""
