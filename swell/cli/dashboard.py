# ruff: noqa: PLC0415 - what draws and asks loads when it runs: `swell --help` stays quick
"""`swell dashboard`: a page of a running Swell, or of a rehearsal."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from swell.cli.benching import interruptible, require_checkout
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_URL, Json, Url
from swell.cli.output import print_json, say


def dashboard(
    *,
    url: Url = DEFAULT_URL,
    run: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Show this record of `swell rehearse … --json`, not a server."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of the page; 0 takes a free one.")] = 8090,
    as_json: Json = False,
) -> None:
    """Show load, health, instances, money and events of every region on one page, until Ctrl-C.

    The page is served on 127.0.0.1 and loads nothing from elsewhere.
    """
    from swell.dashboard.serving import HOST, dashboard_server

    with ExitStack() as stack:
        view = _live(url, stack) if run is None else _recorded(run)
        try:
            server = stack.enter_context(dashboard_server(view, port))
        except OSError as error:
            raise CommandFailed(f"port {port} of {HOST}: {error.strerror}; --port names another") from error
        interruptible()
        address = f"http://{HOST}:{server.server_port}/"
        if as_json:
            print_json({"url": address})
        else:
            say(f"{address} shows {url if run is None else run}. Ctrl-C stops it.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def _live(url: str, stack: ExitStack) -> Callable[[], dict[str, Any]]:
    import httpx

    from swell.cli.api_key import api_key
    from swell.dashboard.watch import Watch

    key = api_key()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=5))
    return stack.enter_context(Watch(url, client)).view


def _recorded(path: Path) -> Callable[[], dict[str, Any]]:
    require_checkout()
    from benchmarks.rehearsal.record_file import UnreadableRun, read_run
    from benchmarks.reports.view import view_of
    from shared.topology import load_topology

    try:
        shown = view_of(read_run(path), load_topology())
    except UnreadableRun as error:
        raise CommandFailed(f"{path}: {error}", code="unreadable_run") from error
    return lambda: shown
