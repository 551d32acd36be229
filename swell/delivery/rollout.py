"""Carries a release through one wave: revisions without traffic, then 10, 50 and 100 percent, each behind the gate.

It keeps nothing: how far it has come is what the services say, so it can be started again after a crash, and doing so
twice changes nothing.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.ports.clock import Clock
from swell.delivery.gate import DEFAULT_RULES, GateRules, Health, Outcome, judge
from swell.delivery.release import Place, Release, Wave
from swell.delivery.services import Deployed, DeploymentFailed, RevisionHealth, Services

SHARES: Final = (10, 50, 100)
"""Percent of the traffic, one step after the other."""


class Ending(StrEnum):
    """How a wave ended."""

    DONE = "done"
    ROLLED_BACK = "rolled_back"
    HELD = "held"


@dataclass(frozen=True)
class Pace:
    """How long each step is watched, how often it is looked at, and how long a revision may take to be ready.

    Cloud Monitoring shows a minute up to three minutes after it (metrics_gcp): a step is watched for longer than that.
    """

    watch_s: float = 900.0
    look_every_s: float = 60.0
    ready_within_s: float = 600.0
    settle_every_s: float = 2.0


@dataclass(frozen=True)
class _Step:
    place: Place
    candidate: str
    stable: str
    share: int


class Rollout:
    """Brings a release into places. `say` hears what happens, a line at a time."""

    def __init__(
        self,
        services: Services,
        health: RevisionHealth,
        clock: Clock,
        *,
        pace: Pace | None = None,
        rules: GateRules = DEFAULT_RULES,
        passes_unproven: bool = False,
        say: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._services = services
        self._health = health
        self._clock = clock
        self._pace = pace or Pace()
        self._rules = rules
        self._passes_unproven = passes_unproven
        self._say = say
        self._sleep = sleep

    def carry(self, wave: Wave, release: Release) -> Ending:
        """Bring the release to a wave, or bring the wave back where the gate says so.

        HELD: too few requests came to tell; the shares stay as they are, and another call goes on from there.

        Raises:
            DeploymentFailed: a revision did not become ready; no traffic was moved to it.
            SwellError: as `Services`.
        """
        steps = [self._added(place, release) for place in wave.places]
        began_with = min((step.share for step in steps), default=SHARES[-1])
        if began_with == SHARES[-1]:
            self._say(f"wave {wave.number}: every place has it already")
            return Ending.DONE
        for share in SHARES:
            if share < began_with:
                continue
            began = self._clock.now()
            for step in steps:
                self._move(step, share)
            ending = self._watched(steps, share, began)
            if ending is not Ending.DONE:
                return ending
        return Ending.DONE

    def back(self, places: Sequence[Place]) -> list[Place]:
        """All traffic to the revision that was there before, where there was one. Which places were changed."""
        changed = []
        for place in places:
            found = self._settled(place)
            if found.previous is None or found.shares.get(found.previous) == SHARES[-1]:
                self._say(f"{place.label}: nothing to go back to")
                continue
            self._services.share(place, {found.previous: 100}, found.previous)
            self._settled(place)
            self._say(f"{place.label}: all traffic is back on {found.previous}")
            changed.append(place)
        return changed

    def _added(self, place: Place, release: Release) -> _Step:
        candidate = release.revision(place)
        found = self._settled(place)
        if candidate not in found.shares and found.newest != candidate:
            self._say(f"{place.label}: {candidate} is made, without traffic")
            self._services.add(place, release.images[place.function], candidate)
            found = self._settled(place)
        if found.failure is not None:
            raise DeploymentFailed(f"{place.label}: {candidate} did not become ready: {found.failure}")
        others = {revision: share for revision, share in found.shares.items() if revision != candidate}
        stable = max(others, key=lambda revision: others[revision]) if others else found.previous
        return _Step(place, candidate, stable or candidate, found.shares.get(candidate, 0))

    def _move(self, step: _Step, share: int) -> None:
        if self._settled(step.place).shares.get(step.candidate, 0) >= share:
            return
        shares = {step.candidate: share, step.stable: 100 - share}
        self._services.share(step.place, {name: part for name, part in shares.items() if part}, step.stable)
        self._settled(step.place)
        self._say(f"{step.place.label}: {share} % to {step.candidate}, {100 - share} % to {step.stable}")

    def _watched(self, steps: Sequence[_Step], share: int, began: datetime) -> Ending:
        waiting, until_s = list(steps), self._pace.watch_s
        while waiting and until_s > 0:
            self._sleep(min(self._pace.look_every_s, until_s))
            until_s -= self._pace.look_every_s
            for step in list(waiting):
                verdict = judge(*self._seen(step, began), self._rules)
                if verdict.outcome is Outcome.FAIL:
                    self._say(f"{step.place.label}: FAILED at {share} %: {verdict.reason}")
                    self.back([each.place for each in steps])
                    return Ending.ROLLED_BACK
                if until_s <= 0 and verdict.outcome is Outcome.PASS:
                    self._say(f"{step.place.label}: passed at {share} %: {verdict.reason}")
                    waiting.remove(step)
        if not waiting:
            return Ending.DONE
        for step in waiting:
            self._say(f"{step.place.label}: unproven at {share} %: too few requests in {self._pace.watch_s:.0f} s")
        return Ending.DONE if self._passes_unproven else Ending.HELD

    def _seen(self, step: _Step, began: datetime) -> tuple[Health, Health]:
        return (
            self._health.health(step.place, step.candidate, began),
            self._health.health(step.place, step.stable, began),
        )

    def _settled(self, place: Place) -> Deployed:
        left_s = self._pace.ready_within_s
        while (found := self._services.look(place)).is_settling:
            if left_s <= 0:
                raise DeploymentFailed(f"{place.label}: no change came to its end in {self._pace.ready_within_s:.0f} s")
            self._sleep(self._pace.settle_every_s)
            left_s -= self._pace.settle_every_s
        return found
