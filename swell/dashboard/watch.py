"""Looks at a running Swell every second."""

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from swell.dashboard.history import History
from swell.dashboard.reading import Reading, goes_by_its_own_clock, read_metrics

if TYPE_CHECKING:
    import httpx

EVERY_S: Final = 1.0
_SLOW_EVERY: Final = 5
"""Budget, plan and timeline change by the minute: they are asked for at every fifth look."""
_TIMELINE: Final = timedelta(hours=1)
_REFUSALS: Final = {401, 403}


class Watch:
    """A thread that looks, and what it has seen."""

    def __init__(self, url: str, client: "httpx.Client") -> None:
        self._url, self._client = url, client
        self._history = History()
        self._problem: str | None = None
        self._view: dict[str, Any] | None = None
        self._slow: dict[str, Any] = {}
        self._refused: list[str] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="swell-dashboard", daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join(timeout=10)

    def view(self) -> dict[str, Any]:
        """What the page shows now: made once for each look, however many pages ask."""
        with self._lock:
            if self._view is None:
                self._view = self._history.view(self._url, self._problem)
            return self._view

    def _run(self) -> None:
        looks = 0
        while not self._ended.is_set():
            begun_s = time.monotonic()
            self.look(slow=looks % _SLOW_EVERY == 0)
            looks += 1
            self._ended.wait(max(0.0, begun_s + EVERY_S - time.monotonic()))

    def look(self, *, slow: bool) -> None:
        """One look; what goes wrong is shown, and the next one may do better."""
        import httpx  # noqa: PLC0415 - `swell --help` stays quick

        try:
            reading = self._read(slow=slow)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            why = str(error) or type(error).__name__
            with self._lock:
                self._problem, self._view = f"{self._url} cannot be read, and what is shown is of before: {why}", None
            return
        with self._lock:
            self._history.add(reading)
            self._problem, self._view = None, None

    def _read(self, *, slow: bool) -> Reading:
        answer = self._client.get("/metrics").raise_for_status()
        counters = read_metrics(answer.text)
        if slow:
            self._refused.clear()
            since = (datetime.now(UTC) - _TIMELINE).isoformat()
            timeline = self._json("/v1/timeline", {"since": since}).get("entries", [])
            budget = self._json("/v1/budget")
            own_clock = goes_by_its_own_clock(timeline, budget, time.time())
            brief = self._json("/v1/forecasts")
            self._slow = {
                "budget": budget,
                "plan": {} if own_clock else self._json("/v1/plan"),
                "timeline": tuple(timeline),
                "forecasts": tuple(self._forecasts(brief)),
                "disagreements": tuple(one["text"] for one in brief.get("disagreements", [])),
                "own_clock": own_clock,
                "refused_paths": tuple(self._refused),
            }
        return Reading(at_s=time.time(), regions=self._json("/map"), **self._slow, **counters)

    def _forecasts(self, brief: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for one in brief.get("forecasts", []):
            if found := self._json(f"/v1/forecasts/{one['region']}"):
                yield found

    def _json(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A page of the server; empty where it has none, as one of a single region has no map."""
        answer = self._client.get(path, params=query)
        if answer.status_code in _REFUSALS:
            self._refused.append(path)
        if answer.status_code != 200:
            return {}
        document = answer.json()
        return document if isinstance(document, dict) else {}
