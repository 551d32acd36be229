"""The least effort at which a recall is reached."""

from collections.abc import Callable, Sequence
from typing import Final

RECALL_FLOOR: Final = 0.985
"""The recall@10 at which systems are compared."""


def least_effort(
    efforts: Sequence[float], recall_at: Callable[[float], float], floor: float = RECALL_FLOOR
) -> tuple[float, dict[float, float]]:
    """By bisection, since recall grows with effort; also every recall that was measured on the way.

    The greatest effort where none reaches the floor. `efforts` ascend.
    """
    tried: dict[float, float] = {}
    low, high = 0, len(efforts) - 1
    while low < high:
        middle = (low + high) // 2
        tried[efforts[middle]] = recall_at(efforts[middle])
        if tried[efforts[middle]] >= floor:
            high = middle
        else:
            low = middle + 1
    effort = efforts[low]
    if effort not in tried:
        tried[effort] = recall_at(effort)
    return effort, tried
