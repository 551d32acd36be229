"""Requests that steer a server under test, beside the load."""

from typing import Any

import orjson

from benchmarks.load.exchange import exchange
from benchmarks.load.wire import encode_request
from benchmarks.peers.server_process import ServerFailed


def ask(port: int, method: str, path: str, body: Any = None) -> Any:
    """The JSON that a server answers.

    Raises:
        ServerFailed: it answers with an error.
        OSError: it does not answer.
    """
    encoded = b"" if body is None else orjson.dumps(body)
    status, answer = exchange(port, encode_request(method, path, encoded, port=port))
    if status >= 300:
        raise ServerFailed(f"{method} {path}: status {status}: {answer[:300].decode(errors='replace')}")
    return orjson.loads(answer)
