"""Refusals for want of capacity or money. All of them can succeed later."""

from shared.domain.serving_mode import ServingMode
from shared.errors import TransientError


class BackgroundDeferred(TransientError):  # noqa: N818 - named for what is wrong, as RFC 9457 problem types are
    """The serving mode takes no imports, exports and recall checks from this tier."""

    code = "background_deferred"
    retry_after_s = 60.0

    def __init__(self, mode: ServingMode) -> None:
        super().__init__(
            f"imports, exports and recall checks wait while the serving mode is {mode.label!r}; the rest goes on"
        )


class Shed(TransientError):  # noqa: N818
    """The serving mode lets in only a part of this tier's requests, and this one is not in it."""

    code = "shed"
    retry_after_s = 10.0

    def __init__(self, mode: ServingMode, share: float) -> None:
        super().__init__(f"the serving mode is {mode.label!r}: {share:.0%} of this tier's requests are answered")


class RateLimited(TransientError):  # noqa: N818
    """The key makes more requests than it may."""

    code = "rate_limited"
    status = 429

    def __init__(self, per_s: float, wait_s: float) -> None:
        super().__init__(f"this key may make {per_s:g} requests a second; the next one in {wait_s:.3f} s")
        self.retry_after_s = wait_s


class Overloaded(TransientError):  # noqa: N818
    """This instance has all the work that it can do in time."""

    code = "overloaded"

    def __init__(self) -> None:
        super().__init__("this instance has all the work that it can do in time")


class DeadlineExceeded(TransientError):  # noqa: N818
    """The request's `timeout_ms` has passed; what was left of it was not done."""

    code = "deadline_exceeded"
    status = 504


class StreamsHeld(TransientError):  # noqa: N818
    """The serving mode takes no new streams from this tier."""

    code = "streams_held"
    retry_after_s = 30.0

    def __init__(self, mode: ServingMode) -> None:
        super().__init__(f"no new streams while the serving mode is {mode.label!r}; single queries go on")
