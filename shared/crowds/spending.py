"""How fast money may be spent, as the budget decided it last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.domain.money import Micros
from shared.ports.state import Put, StateStore

SPENDING: Final = "control/spending"


@dataclass(frozen=True)
class Spending:
    """What all query instances together may cost an hour, in list prices, and when that was decided."""

    micros_per_hour: Micros
    decided_at: datetime


def load_spending(state: StateStore) -> Spending | None:
    """The last decision; None where no budget was ever set. An old one holds: nobody has said otherwise."""
    document = state.get(SPENDING)
    if document is None:
        return None
    return Spending(int(document.data["micros_per_hour"]), datetime.fromisoformat(document.data["decided_at"]))


def spending_write(spending: Spending) -> Put:
    """The write that keeps a decision."""
    data: dict[str, Any] = {
        "micros_per_hour": spending.micros_per_hour,
        "decided_at": spending.decided_at.isoformat(),
    }
    return Put(SPENDING, data)
