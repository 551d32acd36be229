# ruff: noqa: PLC0415 - the runtime loads when it is started: `swell --help` stays quick
"""`swell up`: serve the API on this machine until Ctrl-C."""

import errno
import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.failure import CommandFailed
from swell.cli.keys import access
from swell.cli.options import DEFAULT_DATA, DEFAULT_PORT, DEFAULT_URL, Emulators, Json
from swell.cli.output import note, print_json, say
from swell.cli.program import program_name

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from swell.local.region_choice import RegionOptions
    from swell.local.running import RunningSwell

_REVIVED_AFTER_S = 15.0


def up(
    *,
    emulators: Emulators = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to serve on; 0 takes a free one.")
    ] = DEFAULT_PORT,
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", file_okay=False, help="Where vectors and logs are kept.")
    ] = DEFAULT_DATA,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0, max=64, help="Processes that answer HTTP, over one mapped cache; 0: this one. Default: the cores."
        ),
    ] = None,
    regions: Annotated[
        int,
        typer.Option(min=1, max=15, help="Show so many regions, each in a process that can be killed; 1: home alone."),
    ] = 1,
    region_speed: Annotated[
        float,
        typer.Option(min=1, max=600, help="With --regions: how many seconds of the routing policy pass in one."),
    ] = 60.0,
    as_json: Json = False,
) -> None:
    """Serve the API on this machine until Ctrl-C.

    Everything is kept in files in the data directory: what was acknowledged survives a kill -9.
    With --emulators every function has its own process on Google's emulators, whose memory ends with them.
    With --regions 3 reads go to the nearest of three regions; a region that is killed is started again after 15 s.
    """
    if regions > 1 and workers is not None:
        raise typer.BadParameter("does not go with --regions: each has one process", param_hint="--workers")
    if emulators and workers is not None:
        raise typer.BadParameter("goes with the embedded runtime only", param_hint="--workers")
    directory = _made(data.absolute())
    options = None if regions == 1 else _options(regions, region_speed)
    note(f"Starting {'on the emulators' if emulators else 'embedded'} …")
    with (
        _claimed(directory) as tell,
        _common_metrics(),
        _kept_openings(directory),
        _started(directory, port, emulators=emulators, workers=workers, regions=options) as running,
    ):
        tell(running.url)
        if as_json:
            print_json(_document(running, directory, emulators=emulators))
        else:
            _greet(running, directory, emulators=emulators)
        _wait_for_stop()
        note("Stopping …")
    note("Stopped." if emulators else f"Stopped. `{program_name()} up --data {data}` goes on where this left off.")


def _made(directory: Path) -> Path:
    """The data directory, for its owner only: it holds vectors and hashes of keys."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(directory, os.W_OK):
            raise PermissionError(errno.EACCES, "it cannot be written")
    except OSError as error:
        raise CommandFailed(f"{directory}: {error.strerror}; name another directory with --data") from None
    return directory


def _claimed(directory: Path) -> "AbstractContextManager[Callable[[str], None]]":
    from swell.local.directory_claim import claimed

    return claimed(directory)


def _started(
    directory: Path, port: int, *, emulators: bool, workers: int | None, regions: "RegionOptions | None"
) -> "AbstractContextManager[RunningSwell]":
    # One thread of linear algebra a process: the workers are as many as the cores. Read when numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 - a setting of a library, not ours
    # Pydantic would look for plugins in the metadata of every installed package. Read when its first model is made.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # noqa: TID251
    from swell.local.memory import share_one_arena

    share_one_arena()
    if emulators:
        from swell.local.emulated import run_on_emulators

        return run_on_emulators(directory, port, regions=regions)
    if regions:
        from swell.local.regional import run_regions

        return run_regions(directory, port, options=regions)
    gc.disable()  # nothing of what is loaded is garbage, and looking for it takes longer the more there is
    from swell.local.embedded import run_embedded
    from swell.local.workers import default_workers

    gc.freeze()
    gc.enable()
    return run_embedded(directory, port, workers=default_workers() if workers is None else workers)


def _options(regions: int, speed: float) -> "RegionOptions":
    from swell.local.region_choice import RegionOptions

    return RegionOptions(regions, speed=speed, revive_after_s=_REVIVED_AFTER_S)


@contextmanager
def _common_metrics() -> Iterator[None]:
    """Have all workers answer `/metrics` together. Read when the metrics library is loaded."""
    with TemporaryDirectory(prefix="swell-metrics-") as directory:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", directory)  # noqa: TID251 - a setting of a library, not ours
        yield


@contextmanager
def _kept_openings(directory: Path) -> Iterator[None]:
    """Have all processes keep when their breakers opened in one place: the daily report counts them."""
    from swell.local.processes import environment_with

    with environment_with({"SWELL_OPENINGS_DIR": str(directory / "breakers")}):
        yield


def _greet(running: "RunningSwell", directory: Path, *, emulators: bool) -> None:
    option = "" if running.url == DEFAULT_URL else f" --url {running.url}"
    program = program_name()
    entry = {
        "open": f"this machine only, without a key; `{program} keys create` ends that",
        "keys": f"with a key; `{program} keys list` shows them",
    }[access(directory, emulators=emulators)]
    kept = "in the emulators' memory, gone when they stop" if emulators else str(directory)
    say(f"""
Swell answers on {running.url}

  gRPC      {running.grpc}
  Vectors   {kept}
  Access    {entry}
  Logs      {running.log_files[0].parent}
{_regions(running)}
Try next, in another terminal:

  curl -X PUT {running.url}/v1/collections/colours -d '{{"dimension": 3}}'
  curl {running.url}/v1/collections/colours/upsert \\
    -d '{{"records": [{{"id": "red", "vector": [1, 0, 0]}}, {{"id": "blue", "vector": [0, 0, 1]}}]}}'
  {program} query colours --vector '[0.9, 0.1, 0]'{option}
  {program} status{option}

Ctrl-C stops it.""")


def _regions(running: "RunningSwell") -> str:
    """Where each region answers, and how to lose one."""
    if not running.regions:
        return ""
    lines = [f"  {name:<24}{host.url}  pid {host.pids[0]}" for name, host in running.regions.items()]
    victim = list(running.regions.values())[1]
    return f"""
{chr(10).join(lines)}

  kill -9 {victim.pids[0]} loses {victim.region}; `{program_name()} status` shows where its traffic goes.
"""


def _document(running: "RunningSwell", directory: Path, *, emulators: bool) -> dict[str, object]:
    return {
        "url": running.url,
        "grpc": running.grpc,
        "access": access(directory, emulators=emulators),
        "data": str(directory),
        "logs": [str(path) for path in running.log_files],
        "pid": os.getpid(),
        "regions": {name: {"url": host.url, "pids": host.pids} for name, host in running.regions.items()},
    }


def _wait_for_stop() -> None:
    """Return at Ctrl-C or a polite kill; a second one then ends the process without further ado."""
    asked = Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        signal.signal(number, lambda *_: asked.set())
    asked.wait()
    for number in numbers:
        signal.signal(number, signal.SIG_DFL)
