"""What one run may do before it leaves the rest to the next."""

from datetime import timedelta

from shared.ports.clock import Clock


class Budget:
    """A time and a number of deletions; each is asked for before it is used."""

    def __init__(self, clock: Clock, *, time: timedelta, deletions: int) -> None:
        self._clock = clock
        self._until = clock.now() + time
        self._deletions = deletions

    @property
    def has_time(self) -> bool:
        """Whether something new may be begun."""
        return self._clock.now() < self._until

    def take_deletion(self) -> bool:
        """Whether one more object may be deleted."""
        if self._deletions <= 0 or not self.has_time:
            return False
        self._deletions -= 1
        return True
