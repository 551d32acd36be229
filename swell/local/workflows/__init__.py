"""Cloud Workflows on this machine: the subset of its language that `workflows/` uses, and its executions."""
