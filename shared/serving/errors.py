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
