"""A Swell that runs already: a collection of the benchmark's own is filled in it, asked, and deleted at the end."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import httpx

from benchmarks.live.sides import BadSide, Side
from benchmarks.peers.server_process import ServerFailed
from benchmarks.peers.system import COLLECTION, batches
from benchmarks.vectors.vector_set import Rows, VectorSet
from shared.vectors import encode_vectors
from swell.local.server import LOOPBACK

_PATH: Final = f"/v1/collections/{COLLECTION}"
_BATCH: Final = 500
_SEARCHABLE_WITHIN_S: Final = 120.0
_ANSWER_WITHIN_S: Final = 60.0
_SETTLED_AFTER_S: Final = 1.5
_LOOK_EVERY_S: Final = 0.1


class AttachedSwell:
    """Where it answers, and with which key."""

    def __init__(self, side: Side, key: str | None) -> None:
        if side.port is None:
            raise BadSide(f"side: got {side.name!r}, allowed: a URL")
        self.name, self.port, self._key = side.name, side.port, key

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that is answered.

        Raises:
            ServerFailed: it answers with an error, or not at all.
        """
        key = {} if self._key is None else {"Authorization": f"Bearer {self._key}"}
        url = f"http://{LOOPBACK}:{self.port}{path}"
        try:
            answer = httpx.request(method, url, json=body, headers=key, timeout=_ANSWER_WITHIN_S)
        except httpx.TransportError as error:
            raise ServerFailed(f"{self.name}: {error}") from error
        if answer.is_error:
            raise ServerFailed(f"{self.name}: {method} {path}: status {answer.status_code}: {answer.text[:200]}")
        return answer.json() if answer.content else None

    @contextmanager
    def filled(self, vectors: VectorSet) -> Iterator[None]:
        """A collection with these vectors, until the block ends.

        Raises:
            BadSide: there is one of its name, which is left alone.
            ServerFailed: it does not take them, or they are not searchable in time.
        """
        if any(one["name"] == COLLECTION for one in self.ask("GET", "/v1/collections")["collections"]):
            raise BadSide(f"{self.name}: got a collection {COLLECTION!r}, allowed: none, as one is made and deleted")
        self.ask("PUT", _PATH, {"dimension": vectors.dimension, "metric": "cosine"})
        try:
            for rows in batches(range(len(vectors.vectors)), _BATCH):
                self.ask("POST", f"{_PATH}/upsert", {"records": _records(vectors.vectors, rows), "wait": "committed"})
            self._await_searchable(vectors)
            self._await_settled()
            yield
        finally:
            self.ask("DELETE", _PATH)

    def _await_searchable(self, vectors: VectorSet) -> None:
        last = len(vectors.vectors) - 1
        ask = {"vector": encode_vectors(vectors.vectors[last]), "top_k": 1}
        deadline_s = time.monotonic() + _SEARCHABLE_WITHIN_S
        while [match["id"] for match in self.ask("POST", f"{_PATH}/query", ask)["matches"]] != [str(last)]:
            if time.monotonic() > deadline_s:
                raise ServerFailed(f"{self.name}: what was written is not found after {_SEARCHABLE_WITHIN_S:g} s")
            time.sleep(_LOOK_EVERY_S)

    def _await_settled(self) -> None:
        """Return when nothing has been merged for a while."""
        seen, since_s, deadline_s = None, time.monotonic(), time.monotonic() + _SEARCHABLE_WITHIN_S
        while time.monotonic() - since_s < _SETTLED_AFTER_S and time.monotonic() < deadline_s:
            if (version := self.ask("GET", _PATH)["version"]) != seen:
                seen, since_s = version, time.monotonic()
            time.sleep(_LOOK_EVERY_S)


def _records(rows: Rows, numbers: range) -> Sequence[dict[str, str]]:
    return [{"id": str(number), "vector": encode_vectors(rows[number])} for number in numbers]
