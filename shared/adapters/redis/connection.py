"""A Redis that may be away: short deadlines, one log line, a pause before it is asked again, and a breaker."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from shared.errors import DependencyUnavailable
from shared.resilience.dependency import Dependency
from shared.telemetry import log

if TYPE_CHECKING:
    from redis import Redis

T = TypeVar("T")

_DEADLINE_S: Final = 0.05  # a request may wait so long; a Redis in the same zone answers within one millisecond
_PAUSE_S: Final = 1.0
_LOG_AGAIN_AFTER_S: Final = 60.0


class RedisConnection:
    """Blocking calls; safe to use from several threads.

    Its library takes longer to load than most first requests to be answered: whoever asks `is_away` has it loaded in a
    thread, and goes on without Redis until then.
    """

    def __init__(self, url: str, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._monotonic_s = monotonic_s
        self._dependency = Dependency("redis", monotonic_s=monotonic_s)
        self._client: Redis | None = None
        self._loading: threading.Thread | None = None
        self._away_until_s = 0.0
        self._logged_at_s = -_LOG_AGAIN_AFTER_S

    @property
    def is_away(self) -> bool:
        """Whether its library is not loaded yet, it failed within the last second, or its breaker is open."""
        if self._client is None:
            self._load_soon()
            return True
        return self._monotonic_s() < self._away_until_s or self._dependency.breaker.is_refusing

    def call(self, operation: str, act: "Callable[[Redis], T]") -> T:
        """What the act returns; `operation` names it in metrics and spans.

        Raises:
            DependencyUnavailable: Redis does not answer in time, or refuses.
        """
        with self._dependency.call(operation):
            return self._answered(act)

    def _answered(self, act: "Callable[[Redis], T]") -> T:
        from redis.exceptions import RedisError  # noqa: PLC0415 - cold start

        try:
            return act(self._opened())
        except (RedisError, OSError) as error:
            now_s = self._monotonic_s()
            self._away_until_s = now_s + _PAUSE_S
            if now_s - self._logged_at_s >= _LOG_AGAIN_AFTER_S:
                self._logged_at_s = now_s
                log("WARNING", "redis away", reason=type(error).__name__)
            raise DependencyUnavailable("Redis does not answer") from error

    def _load_soon(self) -> None:
        if self._loading is None:
            self._loading = threading.Thread(target=self._opened, name="redis", daemon=True)
            self._loading.start()

    def _opened(self) -> "Redis":
        if self._client is None:
            from redis import Redis  # noqa: PLC0415 - cold start
            from redis.backoff import NoBackoff  # noqa: PLC0415
            from redis.retry import Retry  # noqa: PLC0415

            self._client = Redis.from_url(
                self._url,
                socket_timeout=_DEADLINE_S,
                socket_connect_timeout=_DEADLINE_S,
                retry=Retry(NoBackoff(), 1),  # a connection that the server closed while idle
            )
        return self._client
