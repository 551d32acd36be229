"""A random history of load, prices, bills and raises, decided by the modules that are deployed and nothing else.

Each minute load meets instances between the bounds of its region, as many as the platform starts by itself, and costs
what the price list of that minute says. What it was is known `late`. Each tick what is known is booked, bills are
reconciled, the budget decides, and scaling sets bounds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from functions.budget_enforcement.billing_notice import BillingNotice
from functions.budget_enforcement.budget_policy import BudgetDecision, decide_budget
from functions.budget_enforcement.ledger import SpendLedger, assume, book
from functions.budget_enforcement.pacing import Ledgers
from functions.budget_enforcement.reconciliation import reconcile
from functions.budget_enforcement.serving_level import LevelState
from functions.budget_enforcement.spend import Worst, cost_of_minutes
from functions.budget_enforcement.unmeasured import Seen, seen_since, worst_by_hour
from functions.scaling.allocation import DenialReason
from functions.scaling.measured import signals_by_region
from functions.scaling.reactive import Bounds, ReactiveState, decide_demand
from functions.scaling.reactive_policy import ReactivePolicy
from functions.scaling.sharing import Share, Wish, share_out
from functions.scaling.wants import RegionTerms, hourly_price, want_of
from shared.budget.answers import MostAnswers
from shared.budget.emergency_stop import StopState
from shared.budget.limits import ApprovedRaise, Limits
from shared.budget.windows import Window
from shared.domain.load import LoadMinute
from shared.domain.money import MICROS_PER_DOLLAR as DOLLAR
from shared.domain.money import Micros
from shared.domain.prices import LIST_PRICES, InstanceShape, Price, PriceTable

MINUTE: Final = timedelta(minutes=1)
SHAPE: Final = InstanceShape(cpu_milli=2000, memory_mib=4096)
POLICY: Final = ReactivePolicy(concurrency_limit=80)
QUOTAS: Final = {"us-east1": 16, "asia-south1": 8}
REQUESTS_PER_INSTANCE: Final = 12_000
BYTES_PER_REQUEST: Final = 500
ANSWERS: Final = MostAnswers(REQUESTS_PER_INSTANCE, BYTES_PER_REQUEST)
LATE_MIN: Final = (0, 0, 1, 3, 5, 10)
LASTS_MIN: Final = (8, 8, 8, 8, 8, 40)
BEGINNINGS: Final = (
    datetime(2026, 6, 10, 9, tzinfo=UTC),
    datetime(2026, 6, 10, 9, 47, tzinfo=UTC),
    datetime(2026, 6, 10, 23, 50, tzinfo=UTC),
    datetime(2026, 6, 30, 23, 45, tzinfo=UTC),
)


@dataclass(frozen=True)
class Tick:
    """One stretch between decisions that ended at `end`: what it cost, and the worst that it could have."""

    end: datetime
    cost: Micros
    worst: Micros
    decision: BudgetDecision


@dataclass
class History:
    """What one seed brings."""

    random: Random
    now: datetime = field(init=False)
    tick: timedelta = field(init=False)
    limits: Limits = field(init=False)
    raises: list[ApprovedRaise] = field(init=False)
    ledger: SpendLedger = field(init=False)
    level: LevelState = field(default_factory=LevelState)
    minutes: list[LoadMinute] = field(default_factory=list)
    demand: dict[str, ReactiveState] = field(default_factory=dict)
    shares: Mapping[str, Share] = field(default_factory=dict)
    late: timedelta = field(init=False)
    bills: float = 0.15
    seen: tuple[Seen, ...] = ()
    unbooked: list[tuple[datetime, datetime, PriceTable]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin somewhere near the end of an hour, a day or a month, or far from it, with something spent."""
        random = self.random
        self.now = random.choice(BEGINNINGS)
        self.tick = MINUTE * random.choice([1, 1, 1, 3])
        hour = random.uniform(0.02, 3)
        day = hour * random.uniform(0.3, 24)
        month = day * random.uniform(0.3, 30)
        self.limits = Limits(*(max(1, round(dollars * DOLLAR)) for dollars in (hour, day, month)))
        begin = self.now + MINUTE * random.randrange(30)
        extra = round(hour * random.uniform(0.1, 3) * DOLLAR)
        raised = ApprovedRaise("final", begin, begin + MINUTE * random.randint(1, 200), extra, "Ada")
        self.raises = [raised] if random.random() < 0.3 else []
        spent = round(self.limits.day * random.choice([0, 0, 0.5, 0.9]))
        self.ledger = SpendLedger(self.now, day=spent, month=max(spent, round(self.limits.month * random.random())))
        self.demand = {region: ReactiveState(0) for region in QUOTAS}
        self.late = MINUTE * random.choice(LATE_MIN)

    def play(self) -> Iterator[Tick]:
        """Every tick, until the time is up; the crowd may be over before."""
        until, prices = self.now + MINUTE * self.random.choice(LASTS_MIN), LIST_PRICES
        loads = {region: self.random.uniform(0, 2 * quota) for region, quota in QUOTAS.items()}
        over_at = self.now + MINUTE * self.random.choice([5, 60])
        self.decide(prices)
        while self.now < until:
            prices = self.random.choice(PRICES)
            grows = 0.0 if self.now >= over_at else self.random.choice([0.0, 0.5, 1.0, 1.0, 1.3, 4.0])
            loads = {region: min(60.0, load * grows + self.random.random()) for region, load in loads.items()}
            yield self.step(prices, loads)

    def step(self, prices: PriceTable, loads: Mapping[str, float]) -> Tick:
        """The stretch until the next decision, under this load at these prices."""
        begin, self.now = self.now, self.now + self.tick
        passed = [minute for at in _minutes(begin, self.now) for minute in self._minute(at, loads)]
        self.minutes = [one for one in self.minutes if one.minute > begin - 6 * MINUTE - self.late] + passed
        cost = cost_of_minutes(passed, SHAPE, prices)
        worst = _worst(prices).cost(self._most(), self.tick)
        self.unbooked.append((begin, self.now, prices))
        self._book()
        if self.random.random() < self.bills:
            self.ledger = reconcile(self.ledger, self._notice()).ledger
        return Tick(self.now, cost, worst, self.decide(prices))

    def _most(self) -> Mapping[str, int]:
        return {region: share.combined.max_instances for region, share in self.shares.items()}

    def _book(self) -> None:
        """The stretches of which all is known by now, each at its prices."""
        while self.unbooked and self.unbooked[0][1] <= self.now - self.late:
            begin, end, prices = self.unbooked.pop(0)
            known = [one for one in self.minutes if begin <= one.minute < end]
            self.ledger = book(self.ledger, end, cost_of_minutes(known, SHAPE, prices))

    def _ledgers(self) -> Ledgers:
        """What is known, and the same with the worst of each stretch since, at its prices."""
        worst = self.ledger
        for begin, end, prices in self.unbooked:
            for until, micros in worst_by_hour(self.seen, begin, end, _worst(prices)):
                worst = assume(worst, until, micros)
        return Ledgers(self.ledger, worst)

    def _minute(self, at: datetime, loads: Mapping[str, float]) -> Iterator[LoadMinute]:
        for region, load in loads.items():
            bounds = self.shares[region].combined
            instances = max(bounds.min_instances, min(bounds.max_instances, round(load)))
            answered = round(min(load, instances) * REQUESTS_PER_INSTANCE)
            busy = min(1.0, load / instances) if instances else None
            yield LoadMinute(
                region=region,
                minute=at,
                requests=answered,
                measured_at=at + MINUTE,
                instances=instances,
                cpu=busy,
                concurrency=None if busy is None else busy * POLICY.concurrency_limit,
                memory=0.3,
                p99_ms=20.0,
                errors=0,
                dependency_errors=0,
                egress_bytes=answered * BYTES_PER_REQUEST,
            )

    def decide(self, prices: PriceTable) -> BudgetDecision:
        """What the budget decides and scaling makes of it."""
        self.seen = seen_since(self.seen, Seen(self.now, self._most()), self.ledger.booked_until)
        denied = any(share.denial is DenialReason.MONEY for share in self.shares.values())
        decision = decide_budget(
            self._ledgers(),
            self.limits,
            self.raises,
            level=self.level,
            stop=StopState(),
            now=self.now,
            tick=self.tick,
            scale_out_denied=denied,
        )
        self.level = decision.level.state
        known = [one for one in self.minutes if one.measured_at + self.late <= self.now]
        signals = signals_by_region(known, self.now, late=self.late)
        wishes = []
        for region, quota in QUOTAS.items():
            price = hourly_price(region, SHAPE, prices, ANSWERS)
            wanted = decide_demand(signals.get(region, []), self.demand[region], Bounds(0, quota), POLICY, self.now)
            self.demand[region] = wanted.state
            want = want_of(RegionTerms(region, quota, price, 5), wanted.instances, wanted.urgency)
            wishes.append(Wish(want, floor=0, demand=wanted.instances))
        self.shares = share_out(wishes, total_instances=20, micros_per_hour=decision.micros_per_hour)
        return decision

    def _notice(self) -> BillingNotice:
        """Of this month or the last, hours old or from the future, more or less than what was estimated."""
        random, month = self.random, Window.MONTH.start_of(self.now)
        return BillingNotice(
            budget_id="b",
            interval_start=month - timedelta(days=random.choice([0, 0, 0, 30])),
            cost=round(self.ledger.month * random.uniform(0, 2)),
            budget=DOLLAR,
            currency=random.choice(["USD", "USD", "USD", "EUR"]),
            published_at=self.now - timedelta(hours=random.uniform(-2, 90)),
        )


def _minutes(begin: datetime, end: datetime) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += MINUTE


def _worst(prices: PriceTable) -> Worst:
    return Worst(SHAPE, prices, ANSWERS)


def _times(factor: float) -> PriceTable:
    """The list with every price of instances and requests times a factor."""

    def times(price: Price) -> Price:
        return replace(price, nanos=round(price.nanos * factor))

    tiers = {
        tier: replace(one, **{name: times(price) for name, price in vars(one).items()})
        for tier, one in LIST_PRICES.tiers.items()
    }
    return replace(LIST_PRICES, tiers=tiers, request=times(LIST_PRICES.request))


PRICES: Final = (LIST_PRICES, LIST_PRICES, LIST_PRICES, _times(0.5), _times(4))
