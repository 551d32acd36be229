"""The entry point of `swell`."""

import sys

import typer
from typer.main import get_command

from shared.errors import SwellError
from swell.cli import (
    backup,
    ballots,
    bench,
    budget,
    bundle,
    calendar,
    changes,
    collections,
    dashboard,
    dead_letters,
    demo,
    deploy,
    doctor,
    drill,
    erasures,
    exports,
    forecast,
    imports,
    keys,
    listing,
    operations,
    plans,
    records,
    regions,
    rehearse,
    replication,
    report,
    report_run,
    restore,
    searches,
    status,
    tasks,
    up,
    watching,
    workflows,
)
from swell.cli.failure import CommandFailed
from swell.cli.output import note, print_json
from swell.cli.program import as_called, help_as_called, program_name

HELP = """Vector search in your own Google Cloud project, or on this machine.

\b
New here?
  swell demo                 60,000 words in, questions answered, numbers shown
  swell up                   serve the same API on http://127.0.0.1:8080
  swell doctor               what this machine has, and what it lacks

\b
Then, with a server running:
  swell collections create notes --dimension 384
  swell upsert notes notes.jsonl
  swell import notes notes.parquet
  swell query notes --id some-id --top-k 5

Every command takes --help. --json prints one document for programs.
SWELL_URL names another server than the one on this machine, SWELL_API_KEY the key that it asks for.
"""

app = typer.Typer(
    name="swell",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("up")(up.up)
app.command("doctor")(doctor.doctor)
app.add_typer(collections.app, name="collections")
app.add_typer(keys.app, name="keys")
app.command("upsert")(records.upsert)
app.command("update")(changes.update)
app.command("import")(imports.import_file)
app.command("export")(exports.export_file)
app.add_typer(operations.app, name="operations")
app.command("query")(searches.query)
app.command("watch")(watching.watch)
app.command("fetch")(searches.fetch)
app.command("list")(listing.list_records)
app.command("count")(listing.count)
app.command("delete")(records.delete)
app.add_typer(regions.app, name="regions")
app.add_typer(ballots.app, name="ballots")
app.add_typer(tasks.app, name="tasks")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(calendar.app, name="calendar")
app.add_typer(forecast.app, name="forecast")
app.add_typer(budget.app, name="budget")
app.command("plan")(plans.plan)
app.command("report")(report.report)
app.command("timeline")(plans.timeline)
app.add_typer(workflows.app, name="workflows")
app.add_typer(erasures.app, name="erasures")
app.add_typer(backup.app, name="backup")
app.command("restore")(restore.restore)
app.add_typer(replication.app, name="replication")
app.add_typer(drill.app, name="drill")
app.command("status")(status.status)
app.command("dashboard")(dashboard.dashboard)
app.command("report-run")(report_run.report_run)
app.command("bundle")(bundle.bundle)
app.add_typer(deploy.app, name="deploy")
app.add_typer(rehearse.app, name="rehearse")
app.add_typer(bench.app, name="bench")


def run() -> None:
    """Run the command line: exit code 1 for a failure, 2 for a wrong usage, 130 after Ctrl-C."""
    command = get_command(app)
    help_as_called(command)
    try:
        sys.exit(command(prog_name=program_name(), standalone_mode=False) or 0)
    except typer.Abort:
        note("Aborted.")
        sys.exit(1)
    except typer.TyperException as error:  # a wrong usage, which knows how it is shown
        error.show()  # type: ignore[attr-defined]
        _document("usage", error.format_message(), [])
        sys.exit(error.exit_code)
    except CommandFailed as error:
        _fail(error, error.code, list(error.problems), error.exit_code)
    except SwellError as error:
        _fail(error, error.code, [])


def _fail(error: Exception, code: str, problems: list[object], exit_code: int = 1) -> None:
    note(f"swell: {error}")
    _document(code, as_called(str(error)), problems)
    sys.exit(exit_code)


def _document(code: str, message: str, problems: list[object]) -> None:
    if "--json" in sys.argv:
        print_json({"error": {"code": code, "message": message, "problems": problems}})
