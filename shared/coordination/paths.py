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


INQUIRIES: Final = "inquiries"


def inquiry_document(inquiry_id: str) -> str:
    """What regions were asked."""
    return f"{INQUIRIES}/{inquiry_id}"


def inquiry_answers(inquiry_id: str) -> str:
    """What they answered."""
    return f"{INQUIRIES}/{inquiry_id}/answers"


def inquiry_answer(inquiry_id: str, region: str) -> str:
    """What one of them answered."""
    return f"{inquiry_answers(inquiry_id)}/{region}"


JOURNALS: Final = "journals"


def journal_document(name: str) -> str:
    """The last number of a journal."""
    return f"{JOURNALS}/{name}"


def journal_entries(name: str) -> str:
    """The entries of a journal, by number."""
    return f"{JOURNALS}/{name}/entries"


def agent_document(region: str) -> str:
    """How the tasks of an agent went."""
    return f"agents/{region}"


def forced_move_document(ballot: str, collection: str) -> str:
    """Who forced a home to move, and what was lost by it; kept for ever."""
    return f"forced_moves/{ballot}~{collection}"
