"""How much of something still holds, by trials that tell only whether it did: more after a yes, less after a no."""

from collections.abc import Callable
from statistics import fmean


def staircase(holds: Callable[[float], bool], *, begin: float, step: float, most: float, trials: int) -> float:
    """The amount at which half of the trials hold, at most `most`: the mean of the second half of the way there.

    The method is Dixon and Mood's, A method for obtaining and analyzing sensitivity data, 1948.
    """
    amount, tried = begin, []
    for _ in range(trials):
        tried.append(amount)
        amount = min(most, amount + step) if holds(amount) else max(step, amount - step)
    return fmean(tried[trials // 2 :])
