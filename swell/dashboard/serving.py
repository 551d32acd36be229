"""Serves the page on this machine's loopback, to this machine alone."""

import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from shared.auth.loopback import is_loopback
from swell.dashboard.page import page, policy

View = Callable[[], dict[str, Any]]
HOST: Final = "127.0.0.1"
_IDLE_S: Final = 10.0


class _Server(ThreadingHTTPServer):
    """A thread for each browser; one that went away is nothing to tell."""

    request_queue_size = 128
    """Pages that ask at the same moment: beyond that the kernel has them try again a second later."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What failed, but for a connection that its browser closed or left waiting."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def dashboard_server(view: View, port: int) -> ThreadingHTTPServer:
    """A server that is bound and not yet running. Port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        """`/` is the page, `/view.json` what it shows. Names other than loopback's are refused: they may be rebound."""

        timeout = _IDLE_S
        server_version, sys_version = "swell", ""

        def do_GET(self) -> None:
            """Answer."""
            if not is_loopback(_host_name(self.headers.get("Host", ""))):
                self._answer(403, "text/plain", b"the dashboard answers to 127.0.0.1 and localhost\n")
            elif self.path == "/":
                shown = view()
                self._answer(200, "text/html; charset=utf-8", page(shown, shown["title"]).encode(), shown)
            elif self.path == "/view.json":
                self._answer(200, "application/json", orjson.dumps(view()))
            else:
                self._answer(404, "text/plain", b"there is / and /view.json\n")

        def _answer(self, status: int, kind: str, body: bytes, shown: dict[str, Any] | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("X-Frame-Options", "DENY")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cross-Origin-Resource-Policy", "same-origin")
            if shown is not None:
                self.send_header("Content-Security-Policy", policy(live=bool(shown.get("live"))))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server calls
            """A page that asks every second would fill the terminal."""

    return _Server((HOST, port), Handler)


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
