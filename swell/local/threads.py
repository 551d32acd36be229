"""Work that goes on in a thread beside a block, and ends with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def in_thread(name: str, work: Callable[[Event], None]) -> Iterator[None]:
    """Work until the block ends: the event is set then, and the work is waited for."""
    stopped = Event()
    thread = Thread(target=work, args=(stopped,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
