"""`swell export` and `swell erasures show` against a server."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from functions.ingest.wiring import build as build_ingest
from shared.telemetry import log_to
from swell.cli.main import app
from swell.local.server import serve
from tests.builders.transfers import Bulk
from tests.integration.transfer.test_exports import some_records, write

Swell = Callable[..., Result]


@pytest.fixture
def swell(bulk: Bulk, tmp_path: Path) -> Iterator[Swell]:
    """The command line, asking an ingest whose events are handled meanwhile."""
    ended = threading.Event()

    def handle_events() -> None:
        while not ended.wait(0.02):
            bulk.run()

    bulk.declare()
    write(bulk, some_records(12))
    handling = threading.Thread(target=handle_events)
    with (tmp_path / "log").open("w") as log, serve(build_ingest(bulk.adapters), 0) as url:
        log_to(log)  # standard output is what the commands say
        handling.start()
        try:
            yield lambda *arguments: CliRunner().invoke(app, [*arguments, "--url", url])
        finally:
            ended.set()
            handling.join()
            log_to(None)


def _json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return orjson.loads(result.stdout)


def test_an_export_arrives_as_a_file_and_is_not_left_behind(bulk: Bulk, swell: Swell, tmp_path: Path) -> None:
    """A file that exists is replaced only when that was said; the server keeps nothing that was fetched."""
    target = tmp_path / "words.parquet"

    said = _json(swell("export", "c", str(target), "--json"))
    again = swell("export", "c", str(target))
    forced = swell("export", "c", str(target), "--force")

    assert (12, 12) == (said["rows"], pq.read_table(target).num_rows)
    assert target.stat().st_size == said["size_bytes"]
    assert again.exit_code == 1
    assert "--force replaces it" in str(again.exception)
    assert (0, "12 record(s) of version") == (forced.exit_code, forced.output.strip().splitlines()[-1][:23])
    assert [] == list((bulk.files / "exports").glob("*.parquet"))


def test_an_export_may_stay_with_the_server(bulk: Bulk, swell: Swell) -> None:
    """Where the URI says; a file or a URI is needed, and not both."""
    said = _json(swell("export", "c", "--uri", "file:there.parquet", "--json"))
    neither, both = swell("export", "c"), swell("export", "c", "here.parquet", "--uri", "file:there.parquet")

    assert "file:there.parquet" == said["uri"]
    assert 12 == pq.read_table(bulk.files / "there.parquet").num_rows
    assert [2, 2] == [neither.exit_code, both.exit_code]


def test_a_receipt_can_be_followed(swell: Swell) -> None:
    """What `swell delete --erase` printed is what `swell erasures show` takes."""
    erasures = _json(swell("delete", "c", "r1", "--erase", "--json"))["erasures"]

    shown, told = _json(swell("erasures", "show", erasures[0], "--json")), swell("erasures", "show", erasures[0])
    unknown = swell("erasures", "show", "no-such-erasure")

    assert ("c", False) == (shown["collection"], shown["is_proven"])
    assert "shard 0:" in told.output
    assert "Pub/Sub drops them by" in told.output
    assert unknown.exit_code == 1
    assert "r1" not in told.output
