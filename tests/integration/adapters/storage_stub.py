"""Cloud Storage's upload and metadata calls, failing as it is told to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlparse


@dataclass
class Failing:
    """What the next answers are: a status, after the effect or instead of it. Then all goes well."""

    answers: list[tuple[int, bool]]
    uploads: int = 0
    stored: dict[str, int] = field(default_factory=dict)
    url: str = ""

    def upload(self, name: str, if_generation: int | None) -> int:
        """The status of one upload."""
        self.uploads += 1
        status, has_effect = self.answers.pop(0) if self.answers else (200, True)
        if has_effect and if_generation not in {None, self.stored.get(name, 0)}:
            return 412
        if has_effect:
            self.stored[name] = self.stored.get(name, 0) + 1
        return status


@contextmanager
def storage_stub(failing: Failing) -> Iterator[Failing]:
    """Serve on loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = parse_qs(urlparse(self.path).query)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode(errors="replace")
            name = json.loads(body.split("\r\n\r\n")[1].partition("\r\n")[0])["name"]
            condition = query.get("ifGenerationMatch")
            status = failing.upload(name, int(condition[0]) if condition else None)
            self._answer(
                status,
                {"name": name, "size": "1", "generation": "1", "timeCreated": "2026-06-01T12:00:00Z", "bucket": "b"},
            )

        def do_GET(self) -> None:
            failing.uploads += 1
            self._answer(failing.answers.pop(0)[0] if failing.answers else 404, {})

        def log_message(self, *_: Any) -> None:
            """Not on the test's output."""

        def _answer(self, status: int, content: dict[str, str]) -> None:
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    failing.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield failing
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
