# ruff: noqa: PLC0415 - the stores load when a command opens them: `swell --help` stays quick
"""Where a deployment keeps its state and objects, and where its backups go, as commands name them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.failure import CommandFailed

if TYPE_CHECKING:
    from shared.ports.objects import ObjectStore
    from shared.ports.state import StateStore

Data = Annotated[Path, typer.Option("--data", metavar="DIR", file_okay=False, help="The data directory of `swell up`.")]
Project = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT", help="A Google Cloud project, instead of a directory.")
]
Bucket = Annotated[
    str | None, typer.Option("--bucket", metavar="BUCKET", help="With --project: the bucket of the home region.")
]
_GOOGLE = "gs://"


@dataclass(frozen=True)
class Deployment:
    """The state and the home objects of a live deployment."""

    state: "StateStore"
    objects: "ObjectStore"


def open_deployment(data: Path, project: str | None, bucket: str | None, *, new: bool = False) -> Deployment:
    """What the options name; `new`: a directory that does not exist yet is made.

    Raises:
        CommandFailed: there is none.
    """
    if project is not None:
        if bucket is None:
            raise CommandFailed("--project needs --bucket: that of the home region", code="invalid_request")
        from shared.adapters.google.objects import GoogleObjects
        from shared.adapters.google.state import FirestoreState

        return Deployment(FirestoreState(project), GoogleObjects(project, bucket))
    from shared.adapters.embedded.objects import DirectoryObjects
    from shared.adapters.embedded.state import SqliteState
    from shared.regions.reading_anywhere import ReadingAnywhere
    from shared.settings import HOME_FOLDER

    if not new and not (data / "state.db").exists():
        raise CommandFailed(f"{data} holds no Swell; name its directory with --data", code="not_found")
    data.mkdir(parents=True, exist_ok=True)
    home = DirectoryObjects(data / HOME_FOLDER)
    others = [DirectoryObjects(folder) for folder in sorted(data.glob(f"{HOME_FOLDER}-*")) if folder.is_dir()]
    return Deployment(SqliteState(data / "state.db"), ReadingAnywhere(home, others) if others else home)


def open_place(place: str, project: str | None) -> "ObjectStore":
    """Where backups are: a directory, or gs:// and a bucket.

    Raises:
        CommandFailed: a bucket without a project.
    """
    if place.startswith(_GOOGLE):
        if project is None:
            raise CommandFailed(f"{place} needs --project", code="invalid_request")
        from shared.adapters.google.objects import GoogleObjects

        return GoogleObjects(project, place.removeprefix(_GOOGLE).rstrip("/"))
    from shared.adapters.embedded.objects import DirectoryObjects

    return DirectoryObjects(Path(place).absolute())


def is_bucket(place: str) -> bool:
    """Whether backups go to Cloud Storage."""
    return place.startswith(_GOOGLE)
