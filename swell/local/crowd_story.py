"""The story of one evening: a concert that a calendar file announces, its crowd, a budget too small, and a stop."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from shared.domain.serving_mode import ServingMode
from swell.local.crowd_evening import MINUTE, CrowdEvening

QUIET, CROWD = 1, 8
"""Requests a minute: of a quiet region, and of the concert's crowd."""
AHEAD: Final = 20 * MINUTE
LASTS: Final = 20 * MINUTE
LARGE: Final = {"hour": 10.0, "day": 240.0, "month": 7000.0}
"""Dollars."""
TOO_LITTLE: Final = 1.7
"""What an hour comes to, over the budget that is too small for it: critical at 1.5. Early in an hour, so that little of
it is spent: all of it would be an emergency."""
EARLY_MIN: Final = 12
SPENT: Final = 0.99
"""The share of what is booked that the day may cost at last: so all of it is spent."""


def calendar_file(starts_at: datetime, region: str) -> str:
    """A concert with an audience of 1,000, of whom one in ten asks."""
    return "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//swell//evening//EN", "BEGIN:VEVENT", "UID:concert@swell"),
            *(
                "SUMMARY:The concert",
                f"DTSTART:{starts_at:%Y%m%dT%H%M%SZ}",
                f"DTEND:{starts_at + LASTS:%Y%m%dT%H%M%SZ}",
            ),
            *("X-SWELL-KIND:concert", f"X-SWELL-REGIONS:{region}=1", "X-SWELL-AUDIENCE:1000"),
            *("X-SWELL-REQUESTS-PER-VIEWER:0.1", "X-SWELL-PEAK-MIN:5", "END:VEVENT", "END:VCALENDAR", ""),
        ]
    )


class CrowdStory:
    """Each step of the evening, and what was seen in it."""

    def __init__(self, evening: CrowdEvening, region: str) -> None:
        self.evening = evening
        self._region = region
        self.starts_at = evening.now

    def play(self) -> None:
        """All of it."""
        self.announce()
        self.wait_for_the_start()
        self.let_the_crowd_in()
        self.step_down()
        self.run_out_of_money()
        self.stop_all_spending()
        self.raise_the_limit()

    def announce(self) -> None:
        """A quiet region learns of a concert in 20 minutes."""
        evening = self.evening
        evening.prepare()
        evening.pass_minutes(6, requests=QUIET)
        self.starts_at = evening.now + AHEAD
        body = {"ics": calendar_file(self.starts_at, self._region), "regions": {self._region: 1.0}}
        evening.http.post("/v1/calendar/import", json=body).raise_for_status()

    def wait_for_the_start(self) -> None:
        """Minutes pass; by the last of them the prewarm must be done."""
        minutes = int((self.starts_at - self.evening.now) / MINUTE) - 1
        self.evening.pass_minutes(minutes, requests=QUIET)
        self.evening.await_moment(lambda: self._told_of("is warm") > 0, before=self.starts_at)
        self.processes_before_the_start = self.evening.ready

    def let_the_crowd_in(self) -> None:
        """The concert."""
        self.evening.pass_minutes(int(LASTS / MINUTE) + 1, requests=CROWD)
        self.processes_in_the_crowd = self.evening.ready

    def step_down(self) -> None:
        """Until every prewarm has given its floors back, and half of the processes at most are kept."""
        half = self.processes_in_the_crowd // 2
        self.evening.pass_until(
            lambda: self._told_of("has begun") == self._told_of("is over") and self.evening.wanted <= half,
            within=timedelta(hours=3),
            requests=QUIET,
        )
        self.processes_afterwards = self.evening.wanted

    def run_out_of_money(self) -> None:
        """A budget that is too small: what is not paid for gives way, the free tier first."""
        evening = self.evening
        evening.require_keys()
        self.recall_before = self._recall()
        evening.http.put("/v1/budget", json=LARGE).raise_for_status()
        evening.pass_minutes(2, requests=QUIET)
        evening.pass_until(lambda: 2 <= evening.now.minute < EARLY_MIN, within=timedelta(hours=1), requests=QUIET)
        hour = evening.http.get("/v1/budget").json()["standing"]["windows"]["hour"]
        small = {**LARGE, "hour": round(hour["projected"] / TOO_LITTLE, 6)}
        evening.http.put("/v1/budget", json=small).raise_for_status()
        evening.pass_until(lambda: self._mode() >= ServingMode.CRITICAL, within=timedelta(hours=2))
        self.refused_free = self._refusal()
        self.recall_meanwhile = self._recall(lambda recall: recall < self.recall_before)

    def stop_all_spending(self) -> None:
        """All of a day is spent: a stop is wanted, an operator approves it, and standard callers are refused."""
        evening = self.evening
        booked = evening.http.get("/v1/budget").json()["standing"]["windows"]["day"]["booked"]
        evening.http.put("/v1/budget", json={**LARGE, "day": round(booked * SPENT, 6)}).raise_for_status()
        evening.pass_until(lambda: self._stop()["state"] == "proposed", within=timedelta(minutes=10))
        answer = {"operator": "Ada", "approves": True, "why": "a bill that nobody can explain"}
        path = f"/v1/budget/decisions/{self._stop()['id']}/answer"
        evening.http.post(path, json=answer).raise_for_status()
        evening.await_moment(lambda: self._stop()["state"] == "applied", before=evening.now)
        evening.pass_minutes(1)
        evening.pass_until(lambda: evening.wanted == 0, within=timedelta(minutes=5))
        self.refused_standard = self._refusal(free=False)
        self.wanted_while_stopped = evening.wanted

    def raise_the_limit(self) -> None:
        """The concert is allowed more for half an hour: the stop ends, and everything comes back, a level at a time."""
        evening = self.evening
        span = {"begin": evening.now.isoformat(), "end": (evening.now + timedelta(minutes=30)).isoformat()}
        ask = {
            "event_id": "encore",
            "extra_per_hour": LARGE["hour"],
            "approved_by": "Ada",
            "why": "one more song",
            **span,
        }
        evening.http.post("/v1/budget/raises", json=ask).raise_for_status()
        evening.pass_until(lambda: self._stop()["state"] == "lifted", within=timedelta(minutes=15))
        self.hour_while_raised = self._hour_limit()
        evening.pass_until(lambda: self._mode() is ServingMode.NORMAL, within=timedelta(hours=2))
        evening.pass_until(lambda: self._hour_limit() < self.hour_while_raised, within=timedelta(hours=2))
        self.hour_afterwards = self._hour_limit()
        evening.await_moment(lambda: evening.ask(free=True).is_success, before=evening.now)
        self.recall_afterwards = self._recall(lambda recall: recall >= self.recall_before)

    def _recall(self, expected: Callable[[float], bool] = lambda _: True) -> float:
        """What answers aim at, once the process that answers has heard of the mode."""
        answers: list[float] = []

        def is_expected() -> bool:
            answer = self.evening.ask()
            if answer.is_success:
                answers.append(answer.json()["recall_target"])
            return answer.is_success and expected(answers[-1])

        self.evening.await_moment(is_expected, before=self.evening.now)
        return answers[-1]

    def _refusal(self, *, free: bool = True) -> int:
        """The status with which a tier is refused, once the process that answers has heard of the mode."""
        statuses: list[int] = []

        def is_refused() -> bool:
            statuses.append(self.evening.ask(free=free).status_code)
            return statuses[-1] in {429, 503}

        self.evening.await_moment(is_refused, before=self.evening.now)
        return statuses[-1]

    def _told_of(self, words: str) -> int:
        return sum(words in entry.text for entry in self.evening.told())

    def _stop(self) -> Mapping[str, Any]:
        """The decision about a stop that was wanted last."""
        decisions = self.evening.http.get("/v1/budget/decisions").json()["decisions"]
        return decisions[0] if decisions else {"state": "none"}

    def _hour_limit(self) -> float:
        """What this hour may cost as it was decided last."""
        return float(self.evening.http.get("/v1/budget").json()["standing"]["windows"]["hour"]["limit"])

    def _mode(self) -> ServingMode:
        modes = [entry.fields["mode"] for entry in self.evening.told() if entry.kind == "serving_mode"]
        return ServingMode(modes[-1]) if modes else ServingMode.NORMAL
