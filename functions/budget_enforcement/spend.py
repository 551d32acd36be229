"""What regions cost: measured minutes by the price list, and the worst that minutes not measured yet can come to."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from shared.budget.answers import MostAnswers
from shared.budget.windows import Window
from shared.domain.load import LoadMinute
from shared.domain.money import Micros
from shared.domain.prices import InstanceShape, PriceTable, Usage, cost_of

_MINUTE_MS = 60_000


def cost_of_minutes(minutes: Iterable[LoadMinute], shape: InstanceShape, prices: PriceTable) -> Micros:
    """What these minutes cost; of several measurements of one the last. Instances not known to be idle are active."""
    newest = {}
    for minute in sorted(minutes, key=lambda one: one.measured_at):
        newest[minute.region, minute.minute] = minute
    return sum(cost_of(_usage(minute), shape, prices) for minute in newest.values())


def costs_by_hour(
    minutes: Iterable[LoadMinute], since: datetime, until: datetime, shape: InstanceShape, prices: PriceTable
) -> Iterator[tuple[datetime, Mapping[str, Micros]]]:
    """What each stretch of a clock hour between two moments cost, by its end: a gap counts in the hours it is of.

    By region; one without a minute is not there.
    """
    given = list(minutes)
    while since < until:
        end = min(Window.HOUR.end_of(since), until)
        inside: dict[str, list[LoadMinute]] = defaultdict(list)
        for one in given:
            if since <= one.minute < end:
                inside[one.region].append(one)
        yield end, {region: cost_of_minutes(inside[region], shape, prices) for region in sorted(inside)}
        since = end


@dataclass(frozen=True, eq=False)
class Worst:
    """What instances cost at most: each of them busy all the time, with as many requests as it can answer.

    Known by its identity, since the same few costs are asked for in every minute, and remembered.
    """

    shape: InstanceShape
    prices: PriceTable
    answers: MostAnswers

    def cost(self, most_instances: Mapping[str, int], elapsed: timedelta) -> Micros:
        """Of so many in each region, over a while."""
        elapsed_ms = max(0, elapsed // timedelta(milliseconds=1))
        return sum(self._cost(region, instances * elapsed_ms) for region, instances in most_instances.items())

    @lru_cache(maxsize=1024)  # noqa: B019 - one lives as long as its process
    def _cost(self, region: str, active_ms: int) -> Micros:
        return cost_of(self.answers.used_by(region, active_ms), self.shape, self.prices)


def _usage(minute: LoadMinute) -> Usage:
    active_ms = minute.instances * _MINUTE_MS if minute.active_ms is None else minute.active_ms
    return Usage(minute.region, active_ms, minute.idle_ms or 0, minute.requests, minute.egress_bytes or 0)
