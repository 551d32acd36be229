"""The API over a dict and brute force, with faults that the demo must notice. The demo's own run is its contract."""

import base64
from typing import Any

import httpx
import numpy as np
import orjson
from numpy.typing import NDArray

from swell.client import NO_RETRIES, Collection, Swell


class InMemoryServer:
    """One collection, whatever its name.

    Faults: `keeps_replaced` and `keeps_deleted` ignore a write of an id that exists; `loses` leaves the best
    so many matches out of every answer.
    """

    def __init__(self, *, keeps_replaced: bool = False, keeps_deleted: bool = False, loses: int = 0) -> None:
        self._keeps_replaced = keeps_replaced
        self._keeps_deleted = keeps_deleted
        self._loses = loses
        self.vectors: dict[str, NDArray[np.float32]] = {}

    def collection(self, words: dict[str, NDArray[np.float32]]) -> Collection:
        """A client's handle on the collection, filled with `words`."""
        self.vectors = dict(words)
        client = Swell("http://swell.test", retries=NO_RETRIES, http_transport=httpx.MockTransport(self._answer))
        return client.collection("words")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        actions = {"upsert": self._upsert, "delete": self._delete, "query": self._query, "fetch": self._fetch}
        answer = actions[request.url.path.rpartition("/")[2]](body)
        return httpx.Response(200, content=orjson.dumps({"version": "0:1", **answer}))

    def _upsert(self, body: dict[str, Any]) -> dict[str, Any]:
        for record in body["records"]:
            if not (self._keeps_replaced and record["id"] in self.vectors):
                self.vectors[record["id"]] = _decoded(record["vector"])
        return {"accepted": len(body["records"])}

    def _delete(self, body: dict[str, Any]) -> dict[str, Any]:
        for record_id in body["ids"]:
            if not self._keeps_deleted:
                self.vectors.pop(record_id, None)
        return {"accepted": len(body["ids"])}

    def _query(self, body: dict[str, Any]) -> dict[str, Any]:
        found = {"method": "exact", "recall_target": 0.95, "took_ms": 0.1}
        if "vectors" in body:
            return {**found, "results": [{"matches": self._nearest(one, body["top_k"])} for one in body["vectors"]]}
        return {**found, "matches": self._nearest(body["vector"], body["top_k"])}

    def _nearest(self, vector: str, top_k: int) -> list[dict[str, Any]]:
        wanted = _decoded(vector)
        scores = {
            word: float(stored @ wanted / (np.linalg.norm(stored) * np.linalg.norm(wanted)))
            for word, stored in self.vectors.items()
        }
        ranked = sorted(scores, key=lambda word: (-scores[word], word))
        return [{"id": word, "score": scores[word]} for word in ranked[self._loses : self._loses + top_k]]

    def _fetch(self, body: dict[str, Any]) -> dict[str, Any]:
        known = [record_id for record_id in body["ids"] if record_id in self.vectors]
        return {
            "records": [{"id": record_id, "vector": self.vectors[record_id].tolist()} for record_id in known],
            "missing": [record_id for record_id in body["ids"] if record_id not in known],
        }


def _decoded(text: str) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text), "<f4")
