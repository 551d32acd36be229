# ruff: noqa: PLC0415 - the state store loads when a command opens it: `swell --help` stays quick
"""`swell keys`: API keys, made and revoked where their documents are: in a data directory or a project's Firestore.

Nothing of this goes through the HTTP API: who may make keys is who may write the state store.
"""

import getpass
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from shared.auth.scope import Scope
from shared.domain.limits import COLLECTION_NAME
from shared.domain.tenancy import DEFAULT_TENANT, TENANT_NAME
from shared.domain.tier import Tier
from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_DATA, Json
from swell.cli.output import print_json, print_table, say
from swell.cli.places import Data, Project

if TYPE_CHECKING:
    from shared.auth.key_record import KeyRecord
    from shared.auth.key_store import KeyStore

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys. The first one closes open access.")

Database = Annotated[str, typer.Option("--database", help="With --project: the Firestore database.")]


def _tenant(name: str) -> str:
    if not TENANT_NAME.fullmatch(name):
        raise typer.BadParameter(f"got {name!r}, allowed: names matching {TENANT_NAME.pattern}")
    return name


def _prefixes(prefixes: list[str]) -> list[str]:
    for prefix in prefixes:
        if not COLLECTION_NAME.fullmatch(prefix):
            raise typer.BadParameter(f"got {prefix!r}, allowed: beginnings of names matching {COLLECTION_NAME.pattern}")
    return prefixes


@app.command("create")
def create(
    label: Annotated[str, typer.Argument(help="What the key is for, as the list will show it.")],
    *,
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat it for more.")],
    tenant: Annotated[str, typer.Option(callback=_tenant, help="Whose collections it reaches.")] = DEFAULT_TENANT,
    tier: Annotated[Tier, typer.Option(help="What gives way first when capacity is short.")] = Tier.STANDARD,
    prefix: Annotated[
        list[str] | None,
        typer.Option(callback=lambda given: _prefixes(given or []), help="Only collections so named; repeat it."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="Requests a second in the long run. Default: that of the tier.")
    ] = None,
    burst: Annotated[
        int | None, typer.Option(min=1, help="With --rate: requests at once. Default: one second's worth.")
    ] = None,
    days: Annotated[float | None, typer.Option(min=0, help="Valid for this many days. Default: until revoked.")] = None,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    database: Database = "(default)",
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once: only a hash of it is kept."""
    from shared.auth.key_record import Grant
    from shared.domain.rate_limit import RateLimit

    grant = Grant(
        label=label,
        scopes=frozenset(scope),
        tenant=tenant,
        tier=tier,
        prefixes=tuple(prefix or []),
        rate=None if rate is None else RateLimit(rate, burst or max(1, round(rate))),
        expires_at=None if days is None else datetime.now(UTC) + timedelta(days=days),
    )
    data.mkdir(parents=True, exist_ok=True)
    record, text = _store(data, project, database).create(grant, _operator())
    if as_json:
        print_json({"key": text, **_document(record)})
        return
    say(f"""{text}

That is the key of {record.id}, shown this once. Send it as  Authorization: Bearer KEY
`swell keys revoke {record.id}` ends it.""")


@app.command("list")
def list_keys(
    *, data: Data = DEFAULT_DATA, project: Project = None, database: Database = "(default)", as_json: Json = False
) -> None:
    """List every key, the revoked ones too; never their texts."""
    records = _existing(data, project, database).list()
    if as_json:
        print_json({"keys": [_document(record) for record in records]})
        return
    if not records:
        so_far = "who reaches this machine may do everything" if project is None else "nobody gets in"
        say(f"No keys yet, and so {so_far}; `swell keys create LABEL --scope read` makes one.")
        return
    columns = ("id", "label", "tenant", "tier", "scopes", "collections", "state")
    print_table(dict.fromkeys(columns, "left"), [_row(record) for record in records])


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the key, the part after swl_.")],
    *,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    database: Database = "(default)",
    as_json: Json = False,
) -> None:
    """End a key for good. Instances that know it refuse it within five seconds."""
    record = _existing(data, project, database).revoke(key_id, _operator())
    if as_json:
        print_json(_document(record))
    else:
        say(f"Revoked {record.id} ({record.grant.label}).")


def access(data: Path, *, emulators: bool) -> Literal["open", "keys"]:
    """Whether this machine's user may come in without a key; the emulators start with none."""
    return "open" if emulators or not _store(data, None, "").any() else "keys"


def _store(data: Path, project: str | None, database: str) -> "KeyStore":
    from shared.auth.key_store import KeyStore
    from shared.ports.clock import SystemClock
    from shared.ports.state import StateStore

    if project is None:
        from shared.adapters.embedded.state import SqliteState

        state: StateStore = SqliteState(data / "state.db")
    else:
        from shared.adapters.google.state import FirestoreState

        state = FirestoreState(project, database)
    return KeyStore(state, SystemClock())


def _existing(data: Path, project: str | None, database: str) -> "KeyStore":
    if project is None and not (data / "state.db").exists():
        raise CommandFailed(f"{data} holds no Swell; name its directory with --data", code="not_found")
    return _store(data, project, database)


def _operator() -> str:
    """Who runs this command, for the audit."""
    user = "unknown"
    with suppress(OSError, KeyError):
        user = getpass.getuser()
    return f"{user}@{socket.gethostname()}"


def _document(record: "KeyRecord") -> dict[str, Any]:
    document = record.to_document()
    del document["sha256"]
    return {"id": record.id, **document}


def _row(record: "KeyRecord") -> list[str]:
    grant = record.grant
    states = {True: "valid", False: "revoked" if record.revoked_at else "expired"}
    return [
        record.id,
        grant.label,
        grant.tenant,
        grant.tier.value,
        ", ".join(sorted(scope.value for scope in grant.scopes)),
        ", ".join(f"{prefix}…" for prefix in grant.prefixes) or "all",
        states[record.is_valid(datetime.now(UTC))],
    ]
