"""`swell dashboard`: it serves this machine alone, and ends when it is told to."""

import http.client
import json
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from benchmarks.rehearsal.record_file import write_run
from swell.cli.failure import CommandFailed
from swell.cli.main import app
from tests.builders.rehearsals import small_run


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Of a small crowd."""
    write_run(small_run(), tmp_path / "run.json")
    return tmp_path / "run.json"


def asked(port: int, path: str, host: str) -> tuple[int, str, str]:
    """Status, policy and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    found = answer.status, answer.headers.get("Content-Security-Policy", ""), answer.read().decode()
    connection.close()
    return found


def goes_away(port: int) -> None:
    """A browser that asks and closes its connection before it has the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_it_serves_a_record_to_this_machine_until_ctrl_c(record: Path) -> None:
    """Page and view, to the names of loopback alone; Ctrl-C ends it with 0 and without a traceback."""
    command = [sys.executable, "-m", "swell", "dashboard", "--run", str(record), "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1], process.communicate()[1]
        port = urlsplit(json.loads("".join(lines))["url"]).port
        assert port is not None

        status, policy, page = asked(port, "/", "localhost")
        assert (200, True, True) == (status, "default-src 'none'" in policy, "SIMULATED" in page)
        assert "A small crowd" == json.loads(asked(port, "/view.json", "127.0.0.1")[2])["title"]
        assert [403, 404] == [asked(port, "/", "swell.example")[0], asked(port, "/else", "localhost")[0]]
        assert 403 == asked(port, "/", "[::1")[0]
        for _ in range(3):
            goes_away(port)
        with pytest.raises(OSError, match=r"refused|unreachable|assign"):
            socket.create_connection(("127.0.0.2", port), timeout=60)

        process.send_signal(signal.SIGINT)
        assert ("", "") == process.communicate(timeout=60)
        assert 0 == process.returncode
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_a_port_that_is_taken_is_told(record: Path) -> None:
    """With the option that names another."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        result = CliRunner().invoke(app, ["dashboard", "--run", str(record), "--port", port])

    assert isinstance(result.exception, CommandFailed)
    assert f"port {port} of 127.0.0.1: Address already in use; --port names another" == str(result.exception)
