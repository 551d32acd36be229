"""Minutes that are not measured yet: how many instances regions may have had in each, and what that can have cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.budget_enforcement.spend import Worst
from shared.budget.windows import Window
from shared.domain.money import Micros


@dataclass(frozen=True)
class Seen:
    """The most instances that each region might have, as it was seen at a moment."""

    at: datetime
    most: Mapping[str, int]


def seen_since(seen: Sequence[Seen], newest: Seen, booked_until: datetime) -> tuple[Seen, ...]:
    """What was seen and is still needed: since the ledger was booked last, and the one before that."""
    every = (*(one for one in seen if one.at < newest.at), newest)
    before = [one for one in every if one.at <= booked_until]
    return (*before[-1:], *(one for one in every if one.at > booked_until))


def worst_by_hour(
    seen: Sequence[Seen], since: datetime, until: datetime, worst: Worst
) -> Iterator[tuple[datetime, Micros]]:
    """What each stretch between two looks can have cost at most, by its end; none reaches over the end of an hour.

    Between two looks a region may have had as many as either showed: it is not known when the second came to hold.
    """
    for number, one in enumerate(seen):
        before = seen[number - 1] if number else one
        most = one.most if before.most == one.most else _most_of(before.most, one.most)
        begin = max(since, before.at) if number else since
        end = min(one.at, until)
        while begin < end:
            stop = min(Window.HOUR.end_of(begin), end)
            yield stop, worst.cost(most, stop - begin)
            begin = stop


def _most_of(before: Mapping[str, int], after: Mapping[str, int]) -> Mapping[str, int]:
    return {region: max(each.get(region, 0) for each in (before, after)) for region in {*before, *after}}
