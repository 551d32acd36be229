"""What a region's health does to its traffic, with hysteresis (figures: RUVECTOR §1.4).

    from         when                                             to            answers of its own traffic
    any          no heartbeat, or no healthy instance             FAILED_OVER   nothing, at once
    any          score < 30 for 2 min                             FAILED_OVER   nothing
    SERVING      score < 70 for 2 min                             DEGRADED      75 %
    RECOVERING   score < 70 for 2 min                             FAILED_OVER   nothing
    DEGRADED     score >= 75 for 2 min                            SERVING       100 %
    FAILED_OVER  score >= 75 for 10 min                           RECOVERING    25 %, growing for 20 min
    RECOVERING   20 min later                                     SERVING       100 %

Between 70 and 75 nothing changes: that band keeps a region from going back and forth.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

DEGRADED_BELOW: Final = 70
FAILED_BELOW: Final = 30
SOUND_FROM: Final = 75
CHANGE_AFTER: Final = timedelta(minutes=2)
RECOVER_AFTER: Final = timedelta(minutes=10)
RAMP: Final = timedelta(minutes=20)
RAMP_FROM: Final = 0.25
DEGRADED_KEEPS: Final = 0.75


class Status(StrEnum):
    """How much of its own traffic a region answers."""

    SERVING = "serving"
    DEGRADED = "degraded"
    FAILED_OVER = "failed_over"
    RECOVERING = "recovering"


class Cause(StrEnum):
    """Why a region is in its status."""

    STARTED = "started"
    NO_SIGN_OF_LIFE = "no_sign_of_life"
    SCORE_BELOW_30 = "score_below_30"
    SCORE_BELOW_70 = "score_below_70"
    RELAPSED = "relapsed"
    SCORE_SOUND = "score_sound"
    RAMP_DONE = "ramp_done"


@dataclass(frozen=True)
class Condition:
    """A status and since when; and since when, without a break, the score has called for another one."""

    status: Status
    since: datetime
    cause: Cause = Cause.STARTED
    weak_since: datetime | None = None
    failing_since: datetime | None = None
    sound_since: datetime | None = None


def next_condition(condition: Condition, *, score: int | None, alive: bool, now: datetime) -> Condition:
    """The condition after one more look. `score` None: nothing was measured, which neither harms nor heals."""
    if not alive:
        calm = replace(condition, weak_since=None, failing_since=None, sound_since=None)
        failed = condition.status is Status.FAILED_OVER
        return calm if failed else Condition(Status.FAILED_OVER, now, Cause.NO_SIGN_OF_LIFE)
    looked = _looked(condition, score, now)
    if looked.status is Status.SERVING and looked.weak_since is None and looked.failing_since is None:
        return looked
    status, cause = next(_due(looked, now), (looked.status, looked.cause))
    if status is looked.status:
        return looked
    return replace(looked, status=status, cause=cause, since=now)


def kept_share(condition: Condition, now: datetime) -> float:
    """The part of its own traffic that a region may answer, 0 to 1."""
    match condition.status:
        case Status.SERVING:
            return 1.0
        case Status.DEGRADED:
            return DEGRADED_KEEPS
        case Status.FAILED_OVER:
            return 0.0
        case Status.RECOVERING:
            ramped = max(0.0, (now - condition.since) / RAMP)
            return min(1.0, RAMP_FROM + (1 - RAMP_FROM) * ramped)


def _looked(condition: Condition, score: int | None, now: datetime) -> Condition:
    weak = score is not None and score < DEGRADED_BELOW
    failing = score is not None and score < FAILED_BELOW
    sound = score is not None and score >= SOUND_FROM
    weak_since = (condition.weak_since or now) if weak else None
    failing_since = (condition.failing_since or now) if failing else None
    sound_since = (condition.sound_since or now) if sound else None
    if (weak_since, failing_since, sound_since) == _signs(condition):
        return condition
    return replace(condition, weak_since=weak_since, failing_since=failing_since, sound_since=sound_since)


def _signs(condition: Condition) -> tuple[datetime | None, datetime | None, datetime | None]:
    return condition.weak_since, condition.failing_since, condition.sound_since


def _due(condition: Condition, now: datetime) -> Iterator[tuple[Status, Cause]]:
    """What the condition calls for, the gravest first."""
    status = condition.status
    if status is not Status.FAILED_OVER:
        if _lasts(condition.failing_since, CHANGE_AFTER, now):
            yield Status.FAILED_OVER, Cause.SCORE_BELOW_30
        if _lasts(condition.weak_since, CHANGE_AFTER, now):
            if status is Status.RECOVERING:
                yield Status.FAILED_OVER, Cause.RELAPSED
            yield Status.DEGRADED, Cause.SCORE_BELOW_70
    if status is Status.DEGRADED and _lasts(condition.sound_since, CHANGE_AFTER, now):
        yield Status.SERVING, Cause.SCORE_SOUND
    if status is Status.FAILED_OVER and _lasts(condition.sound_since, RECOVER_AFTER, now):
        yield Status.RECOVERING, Cause.SCORE_SOUND
    if status is Status.RECOVERING and now - condition.since >= RAMP:
        yield Status.SERVING, Cause.RAMP_DONE


def _lasts(since: datetime | None, least: timedelta, now: datetime) -> bool:
    return since is not None and now - since >= least
