"""Warming: a search that has to open a whole collection, sent to the query function of this region."""

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from shared.collections import load_collection
from shared.coordination.tasks.task import Task
from shared.domain.tenancy import public_name
from shared.errors import Conflict, DependencyUnavailable
from shared.ports.state import StateStore

_TIMEOUT_S: Final = 120.0
_ANSWER_BYTES: Final = 1 << 20

Post = Callable[[str, bytes, Mapping[str, str]], bytes]


class WarmCollection:
    """Does `warm`. One search warms one instance: with several, each warms on its first search of its own.

    The search is exact, so that every segment is brought here; what it finds does not matter.
    """

    def __init__(self, state: StateStore, query_url: str, key: str | None, post: Post | None = None) -> None:
        self._state = state
        self._query_url = query_url.rstrip("/")
        self._key = key
        self._post = post or _posted

    def __call__(self, task: Task) -> Mapping[str, Any]:
        """Open all segments of a collection.

        Raises:
            NotFound: there is no such collection.
            Conflict: the query function refuses: the key is not of this collection's tenant, or may not read.
            DependencyUnavailable: it does not answer.
        """
        collection = load_collection(self._state, task.collection)
        vector = [1.0, *[0.0] * (collection.dimension - 1)]
        body = orjson.dumps({"vector": vector, "top_k": 1, "recall": 1.0})
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        url = f"{self._query_url}/v1/collections/{public_name(collection.name)}/query"
        answer = orjson.loads(self._post(url, body, headers))
        return {"version": answer["version"], "took_ms": answer["took_ms"]}


def _posted(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    request = urllib.request.Request(url, body, dict(headers), method="POST")  # noqa: S310 - http(s): our own setting
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
            content: bytes = response.read(_ANSWER_BYTES)
            return content
    except urllib.error.HTTPError as error:
        if error.code < 500 and error.code != 429:
            raise Conflict(f"the query function refuses with {error.code}") from error
        raise DependencyUnavailable(f"the query function answers {error.code}") from error
    except OSError as error:
        raise DependencyUnavailable(f"the query function does not answer: {error}") from error
