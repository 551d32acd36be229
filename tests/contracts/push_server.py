"""An endpoint for push subscriptions: what a function under functions-framework is to Pub/Sub."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Receive = Callable[[str, bytes, dict[str, str]], None]
"""Gets a subscription's short name, the data and the attributes; raising asks for redelivery."""


@contextmanager
def push_server(receive: Receive) -> Iterator[str]:
    """Serve on loopback until the block ends; the value is the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            message = body["message"]
            status = 204
            try:
                receive(
                    body["subscription"].rpartition("/")[2],
                    base64.b64decode(message.get("data", "")),
                    message.get("attributes", {}),
                )
            except Exception:  # noqa: BLE001 - an entry point: any failure means redelivery
                status = 500
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Not on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
