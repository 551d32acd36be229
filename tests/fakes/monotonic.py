"""Monotonic seconds that pass only when told to."""


class ManualSeconds:
    """Call it for the time."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        """The time now."""
        return self.now_s

    def advance(self, by_s: float) -> None:
        """Move on."""
        self.now_s += by_s
