"""What is asked for a key of a scenario, in bytes: a search, a filtered one, a write or a delete, by any protocol."""

from typing import Any, Final

import numpy as np
import orjson

from benchmarks.live.arrivals import What
from benchmarks.live.system import PARTS
from benchmarks.load.wire import encode_request
from benchmarks.peers.system import COLLECTION
from benchmarks.vectors.vector_set import Rows
from shared.vectors import encode_vectors
from swell.local.regional_reads import CLIENT_REGION

_TOP_K: Final = 10
_STRAY: Final = 0.3
_WRITTEN: Final = 1000
"""Records that are written and deleted: those of keys that leave the same remainder are one."""
_COLLECTION_PATH: Final = f"/v1/collections/{COLLECTION}"


def request_of(what: What, key: int, rows: Rows, port: int, secret: str) -> bytes:
    """The request, as HTTP/1.1, whatever the protocol."""
    path, body = _meant(what, key, vector_of(key, rows))
    method = "GET" if what.protocol == "websocket" else "POST"
    nearest = {CLIENT_REGION: what.region} if what.region else {}
    return encode_request(method, path, body, port=port, key=secret, headers=nearest)


def vector_of(key: int, rows: Rows) -> Rows:
    """The vector of a key is always the same, near a row that is stored: what is popular is asked for again."""
    row = rows[key % len(rows)]
    strayed = row + np.random.default_rng(key).standard_normal(len(row), np.float32) * (_STRAY / np.sqrt(len(row)))
    return np.asarray(strayed / np.linalg.norm(strayed), np.float32)


def _meant(what: What, key: int, vector: Rows) -> tuple[str, bytes]:
    if what.kind == "write":
        record = {"id": _id(key), "vector": encode_vectors(vector), "attributes": {"part": key % PARTS}}
        return f"{_COLLECTION_PATH}/upsert", orjson.dumps({"records": [record]})
    if what.kind == "delete":
        return f"{_COLLECTION_PATH}/delete", orjson.dumps({"ids": [_id(key)]})
    ask: dict[str, Any] = {"vector": encode_vectors(vector), "top_k": _TOP_K}
    if what.kind == "filtered":
        ask["filter"] = {"eq": {"part": key % PARTS}}
    match what.protocol:
        case "grpc":
            return "/swell.v1.Search/Query", _grpc_message(ask | {"vector": vector.tolist()})
        case "websocket":
            return "/v1/stream", orjson.dumps({"collection": COLLECTION, **ask})
        case "sse":
            return f"{_COLLECTION_PATH}/stream", orjson.dumps(ask)
    return f"{_COLLECTION_PATH}/query", orjson.dumps(ask)


def _grpc_message(ask: dict[str, Any]) -> bytes:
    from google.protobuf.json_format import ParseDict  # noqa: PLC0415 - only where gRPC is asked

    from functions.stream import search_pb2  # noqa: PLC0415

    pb: Any = search_pb2
    message = ParseDict({"ask": {"collection": COLLECTION, **ask}}, pb.QueryRequest())
    return bytes(message.SerializeToString())


def _id(key: int) -> str:
    return f"live-{key % _WRITTEN}"
