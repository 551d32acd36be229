"""The sweep: what was left undone is noticed, what nothing needs any more is removed."""
