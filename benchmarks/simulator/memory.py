"""What the deployed functions run on in a simulation: state in a dict, a clock that is set, nobody who listens."""

from collections.abc import Sequence
from datetime import datetime

from shared.ports.publisher import Message
from shared.ports.state import ABSENT, Delete, Document, PreconditionFailed, Put, Write


class SimulatedClock:
    """Shows the moment that the simulation has come to."""

    def __init__(self, now: datetime) -> None:
        self.moment = now

    def now(self) -> datetime:
        """An aware datetime in UTC."""
        return self.moment


class MemoryState:
    """The state store of one simulation, in one thread. Data is kept as it is given: nobody here changes it after."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._collections: dict[str, dict[str, tuple[Put, str]]] = {}
        self._version = 0

    def get(self, path: str) -> Document | None:
        """As the port."""
        collection, _, name = path.rpartition("/")
        return self._document(self._collections.get(collection, {}).get(name))

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """As the port."""
        return [self.get(path) for path in paths]

    def commit(self, writes: Sequence[Write]) -> list[str]:
        """As the port."""
        for write in writes:
            self._require(write)
        self._version += 1
        return [self._apply(write) for write in writes]

    def list(self, collection: str, *, after: str = "", limit: int = 1000) -> list[Document]:
        """As the port."""
        held = self._collections.get(collection, {})
        found = (self._document(held[name]) for name in sorted(held) if name > after)
        return [document for document in found if document is not None][:limit]

    def _document(self, held: tuple[Put, str] | None) -> Document | None:
        if held is None:
            return None
        put, version = held
        if put.expires_at is not None and put.expires_at <= self._clock.now():
            return None
        return Document(put.path, put.data, version)

    def _require(self, write: Write) -> None:
        if write.if_version is None:
            return
        document = self.get(write.path)
        met = document is None if write.if_version is ABSENT else document and document.version == write.if_version
        if not met:
            raise PreconditionFailed(f"{write.path} is not at version {write.if_version!r}")

    def _apply(self, write: Write) -> str:
        collection, _, name = write.path.rpartition("/")
        held = self._collections.setdefault(collection, {})
        if isinstance(write, Delete):
            held.pop(name, None)
            return ""
        held[name] = (write, str(self._version))
        return str(self._version)


class Unheard:
    """A publisher without subscribers: the simulation calls the functions at their times itself."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Nothing."""
