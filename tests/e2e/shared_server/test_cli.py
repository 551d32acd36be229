"""The `swell` command against a running Swell: what it prints, how it fails, and that it stops cleanly."""

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from swell.cli.main import app
from swell.local.running import RunningSwell
from tests.e2e.serving import serving
from tests.unit.shared.bulk.files import rows_of, write_csv, write_jsonl, write_parquet

EMBEDDED_IS_ENOUGH = pytest.mark.parametrize("swell", ["embedded"], indirect=True)

RECORDS = """
{"id": "red", "vector": [1, 0, 0], "attributes": {"warm": true}}
{"id": "orange", "vector": [0.9, 0.4, 0], "attributes": {"warm": true}}
{"id": "blue", "vector": [0, 0, 1], "attributes": {"warm": false}}
"""


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """One run of the command."""
    command = [sys.executable, "-m", "swell", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


def in_process(*arguments: str) -> Result:
    """One run of the command without the price of a process; one that must succeed."""
    finished = CliRunner().invoke(app, arguments)

    assert finished.exit_code == 0, finished.output
    return finished


def document(*arguments: str, stdin: str = "") -> Any:
    """What a command prints with --json, which must be exactly one document."""
    finished = run(*arguments, "--json", stdin=stdin)

    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_a_collection_is_made_filled_searched_and_deleted(swell: RunningSwell) -> None:
    """Every step sees what the one before it did, and prints one JSON document."""
    url = ("--url", swell.url)

    created = document("collections", "create", "cli-story", "--dimension", "3", "--attribute", "warm:boolean", *url)
    written = document("upsert", "cli-story", "-", *url, stdin=RECORDS)
    near = document("query", "cli-story", "--vector", "[1, 0.1, 0]", "--top-k", "2", *url)
    neighbours = document("query", "cli-story", "--id", "red", "--top-k", "1", *url)
    deleted = document("delete", "cli-story", "orange", *url)
    fetched = document("fetch", "cli-story", "red", "orange", *url)
    described = document("collections", "get", "cli-story", *url)
    listed = document("status", *url)["collections"]
    removed = document("collections", "delete", "cli-story", "--yes", *url)
    left = document("collections", "list", *url)["collections"]

    assert (created["dimension"], created["attributes"]) == (3, {"warm": "boolean"})
    assert written["accepted"] == 3
    assert [match["id"] for match in near["matches"]] == ["red", "orange"]
    assert near["matches"][0]["attributes"] == {"warm": True}
    assert [match["id"] for match in neighbours["matches"]] == ["orange"]
    assert deleted["accepted"] == 1
    assert ([record["id"] for record in fetched["records"]], fetched["missing"]) == (["red"], ["orange"])
    assert described["records"] == 2
    assert 2 in [one["records"] for one in listed if one["name"] == "cli-story"]
    assert removed == {"deleted": "cli-story"}
    assert "cli-story" not in [one["name"] for one in left]


@EMBEDDED_IS_ENOUGH
@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_what_an_import_creates_can_be_filtered(swell: RunningSwell, tmp_path: Path, form: str) -> None:
    """By the columns of the file, or by the attributes that the command names; and it says by which."""
    name, url = f"cli-created-{form}", ("--url", swell.url)
    rows = rows_of(3)
    file = {"parquet": write_parquet, "csv": write_csv, "jsonl": write_jsonl}[form](tmp_path / f"rows.{form}", rows)
    named = () if form != "jsonl" else ("--attribute", "rank:integer", "--attribute", "name:string")

    imported = in_process("import", name, str(file), "--create", *named, *url)
    found = in_process(
        "count", name, "--filter", '{"and": [{"range": {"rank": {"gte": 2}}}, {"eq": {"name": "n2"}}]}', *url
    )

    assert (imported.exit_code, found.stdout) == (0, "1\n"), imported.output + found.output
    assert f"Created collection {name}: dimension 3, cosine; filters may name" in imported.stderr
    assert all(text in imported.stderr for text in ("rank (integer)", "name (string)"))


@EMBEDDED_IS_ENOUGH
def test_tables_are_for_people(swell: RunningSwell) -> None:
    """Without --json the same answers are readable, and stderr is silent."""
    url = ("--url", swell.url)
    run("collections", "create", "cli-tables", "--dimension", "3", "--attribute", "warm:boolean", *url)
    run("upsert", "cli-tables", "-", *url, stdin=RECORDS)

    query = run("query", "cli-tables", "--id", "red", "--top-k", "1", *url)
    status = run("status", *url)
    changes = '{"id": "red", "attributes": {"warm": false}}\n{"id": "pink", "attributes": {"warm": true}}'
    update = run("update", "cli-tables", "-", *url, stdin=changes)
    cold = in_process("count", "cli-tables", "--filter", '{"eq": {"warm": false}}', *url)
    some = in_process("list", "cli-tables", "--limit", "2", *url)
    rest = json.loads(in_process("list", "cli-tables", "--after", some.stdout.split()[-2], "--json", *url).stdout)

    assert ["orange", "0.9138", '{"warm":true}'] in [line.split() for line in query.stdout.splitlines()]
    assert f"{swell.url} is ready, in serving mode normal." in status.stdout
    assert ["cli-tables", "3", "3", "cosine"] in [line.split()[:4] for line in status.stdout.splitlines()]
    assert (query.stderr, status.stderr) == ("", "")
    assert (update.returncode, update.stderr) == (1, "Not in cli-tables: pink\n")
    assert update.stdout.startswith("1 record(s) committed, version ")
    assert cold.stdout == "2\n"
    assert "There are more: --after" in some.stderr
    assert (len(rest["records"]), rest["next"]) == (1, None)


@EMBEDDED_IS_ENOUGH
def test_a_bad_record_is_found_by_its_line(swell: RunningSwell) -> None:
    """The 1,500th line is named, and how many records were accepted before it."""
    url = ("--url", swell.url)
    run("collections", "create", "cli-lines", "--dimension", "2", *url)
    lines = [f'{{"id": "r{number}", "vector": [1, {number}]}}' for number in range(1, 1600)]
    lines[1499] = '{"id": "zero", "vector": [0, 0]}'

    finished = run("upsert", "cli-lines", "-", *url, stdin="\n".join(lines))

    assert finished.returncode == 1
    assert "-, line 1500: vector: got a zero vector" in finished.stderr
    assert "(1,000 records had been accepted before)" in finished.stderr


@EMBEDDED_IS_ENOUGH
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["collections", "get", "nowhere"], "collection 'nowhere' does not exist; `"),
        (
            ["collections", "create", "small", "--dimension", "1"],
            "dimension: got 1, allowed: greater than or",
        ),
        (["query", "nowhere", "--vector", "[1, 2"], "--vector: got [1, 2, allowed: a JSON array of numbers"),
        (["upsert", "nowhere", "no-such-file"], "no-such-file: No such file or directory"),
    ],
    ids=["a missing collection", "a bad setting", "a bad vector", "a missing file"],
)
def test_a_failure_is_one_sentence(swell: RunningSwell, arguments: list[str], said: str) -> None:
    """Exit code 1, the sentence on stderr; with --json also one document on stdout; never a traceback."""
    plain = run(*arguments, "--url", swell.url)
    for_programs = run(*arguments, "--url", swell.url, "--json")

    assert (plain.returncode, plain.stdout) == (1, "")
    assert plain.stderr.startswith(f"swell: {said}")
    assert plain.stderr.count("\n") == 1
    assert for_programs.returncode == 1
    assert json.loads(for_programs.stdout)["error"]["message"].startswith(said)


def test_a_wrong_usage_is_a_document_too() -> None:
    """Exit code 2; with --json a program reads on stdout what a person reads on stderr."""
    finished = run("query", "words", "--json")

    error = json.loads(finished.stdout)["error"]
    assert (finished.returncode, error["code"]) == (2, "usage")
    assert error["message"] in finished.stderr
    assert "allowed: exactly one" in error["message"]


def test_a_server_that_is_not_there_is_named_with_the_way_to_start_one() -> None:
    """The first thing that a new user meets."""
    finished = run("status", "--url", "http://127.0.0.1:9")

    assert finished.returncode == 1
    assert "nothing answers at http://127.0.0.1:9" in finished.stderr
    assert "up`, or name another with --url or SWELL_URL" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "words"],
        ["query", "words", "--id", "a", "--vector", "[1]"],
        ["status", "--url", "localhost"],
        ["sail"],
    ],
    ids=["no question", "two questions", "no URL", "no such command"],
)
def test_a_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    """As command lines do."""
    assert run(*arguments).returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "kill"])
def test_up_stops_cleanly_and_goes_on_where_it_left_off(tmp_path: Path, number: signal.Signals) -> None:
    """What was written before a stop is there after the next start."""
    with serving(tmp_path) as (up, process):
        document("collections", "create", "kept", "--dimension", "3", "--url", up["url"])
        document("upsert", "kept", "-", "--url", up["url"], stdin=RECORDS)
        os.kill(process.pid, number)
        stopped = process.wait(30)

    with serving(tmp_path) as (up, _):
        kept = document("collections", "get", "kept", "--url", up["url"])

    assert stopped == 0
    assert kept["records"] == 3


class _Slow(BaseHTTPRequestHandler):
    """A server that takes a batch when it is told to, and no sooner."""

    asked, told = Event(), Event()

    def do_GET(self) -> None:
        """The collection is there."""
        declared = {"name": "words", "dimension": 3, "metric": "cosine", "shards": 1, "attributes": {}}
        self._say(declared | {"created_at": "2026-01-01T00:00Z", "records": 0, "version": "", "segments": []})

    def do_POST(self) -> None:
        """A batch of one."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.set()
        self.told.wait(60)
        self._say({"accepted": 1, "version": "0:1"})

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the base class names it
        """Nothing."""

    def _say(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_an_import_that_is_interrupted_says_how_far_it_came(tmp_path: Path) -> None:
    """What is under way arrives and is counted; the exit code is that of Ctrl-C, and the same command goes on."""
    file = tmp_path / "words.jsonl"
    file.write_text('{"id": "a", "vector": [1, 0, 0]}\n')
    with ThreadingHTTPServer(("127.0.0.1", 0), _Slow) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        command = [sys.executable, "-m", "swell", "import", "words", str(file), "--json"]
        command += ["--url", f"http://127.0.0.1:{server.server_port}"]
        # Who starts the tests in the background has them ignore Ctrl-C, and their children with them.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        signal.signal(signal.SIGINT, before)
        asked = _Slow.asked.wait(60)
        process.send_signal(signal.SIGINT)
        _Slow.told.set()
        output, said = process.communicate(timeout=60)
        server.shutdown()

    assert asked, said
    assert 130 == process.returncode, said
    assert "interrupted" == json.loads(output)["error"]["code"]
    assert "interrupted after 1 records; the same command goes on from there" in said


@EMBEDDED_IS_ENOUGH
def test_up_on_a_taken_port_says_so(swell: RunningSwell, tmp_path: Path) -> None:
    """The port is named, and the option that gives another."""
    port = swell.url.rpartition(":")[2]

    finished = run("up", "--port", port, "--data", str(tmp_path))

    assert finished.returncode == 1
    assert f"port {port} is taken" in finished.stderr
    assert "--port" in finished.stderr


def test_the_doctor_looks_at_everything_that_is_used() -> None:
    """On a machine that runs these tests all that is required is present."""
    found = document("doctor")

    assert found["healthy"]
    assert {"Python", "Annoy", "SQLite", "Free disk", "GloVe words", "Emulators"} <= {
        check["name"] for check in found["checks"]
    }
    assert all(check["present"] or check["remedy"] for check in found["checks"])


def test_bundles_are_written_and_listed(tmp_path: Path) -> None:
    """One file for each function, of the size that is said."""
    bundles = document("bundle", "--out", str(tmp_path))["bundles"]

    assert {"ingest", "query", "index_update"} <= {bundle["name"] for bundle in bundles}
    assert all(Path(bundle["path"]).stat().st_size == bundle["size_bytes"] for bundle in bundles)
