"""The HTTP server with no application: `python -m benchmarks.profiling.bare_server PORT ANSWER_BYTES`.

Runs as every local Swell server does; the least that an answer over HTTP costs here.
"""

import sys
import time

from starlette.types import Receive, Scope, Send

from swell.local.server import serve


class BareApp:
    """Reads the whole body and answers the same bytes."""

    def __init__(self, answer_bytes: int) -> None:
        self._body = b"x" * answer_bytes
        length = str(answer_bytes).encode()
        self._headers = [(b"content-length", length), (b"content-type", b"application/json")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's questions about its life."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            return
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


def main() -> None:
    """Serve until killed."""
    with serve(BareApp(int(sys.argv[2])), int(sys.argv[1])):
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main()
