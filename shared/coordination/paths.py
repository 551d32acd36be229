"""Where what members agree on is kept."""

from typing import Final

BALLOTS: Final = "ballots"
LEASES: Final = "leases"
TASKS: Final = "tasks"


def ballot_document(ballot_id: str) -> str:
    """One ballot: what is proposed, who may vote, who did, what came of it."""
    return f"{BALLOTS}/{ballot_id}"


def lease_document(name: str) -> str:
    """One lease."""
    return f"{LEASES}/{name}"


def task_document(task_id: str) -> str:
    """One task."""
    return f"{TASKS}/{task_id}"
