# ruff: noqa: PLC0415 - the state store loads when a command opens it: `swell --help` stays quick
"""`swell workflows`: the workflows of this repository, and their executions here or in a project."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.failure import CommandFailed
from swell.cli.options import DEFAULT_DATA, Json
from swell.cli.output import print_json, print_table, say
from swell.cli.workflow_telling import document_of, lasted, rows_of_steps, step_document, text_of

if TYPE_CHECKING:
    from shared.ports.state import StateStore
    from shared.ports.workflow_runs import WorkflowRun, WorkflowRuns
    from swell.local.workflows.history import StepEntry

app = typer.Typer(help="Start workflows and follow them.", no_args_is_help=True, rich_markup_mode=None)

Data = Annotated[Path, typer.Option("--data", metavar="DIR", file_okay=False, help="The data directory of `swell up`.")]
Project = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT", help="A Google Cloud project, instead of a directory.")
]
Location = Annotated[str, typer.Option("--location", help="With --project: the region of the workflows.")]
Workflow = Annotated[str, typer.Argument(metavar="WORKFLOW", help="The name of the workflow.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="The id of the execution.")]
HOME = "us-central1"


@app.command("list")
def list_workflows(
    workflow: Annotated[str | None, typer.Argument(metavar="[WORKFLOW]", help="Whose executions to list.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, the newest first.")] = 20,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    location: Location = HOME,
    as_json: Json = False,
) -> None:
    """List the workflows there are, or the executions of one."""
    if workflow is None:
        _list_definitions(as_json=as_json)
        return
    found = _runs(data, project, location)[0].list(workflow, limit=limit)
    if as_json:
        print_json({"executions": [document_of(run) for run in found]})
        return
    rows = [
        [run.id, run.state.value, f"{run.started_at:%Y-%m-%d %H:%M:%S}", lasted(run), text_of(run.error)]
        for run in found
    ]
    print_table({"execution": "left", "state": "left", "started": "left", "took": "right", "error": "left"}, rows)


@app.command("run")
def run_workflow(
    workflow: Workflow,
    *,
    argument: Annotated[str, typer.Option("--argument", metavar="JSON", help="What main gets.")] = "null",
    name: Annotated[
        str | None,
        typer.Option(help="Started again under the same name, it is the same execution. Default: a new one."),
    ] = None,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    location: Location = HOME,
    as_json: Json = False,
) -> None:
    """Start an execution. On this machine `swell up` runs it, now or when it is started."""
    import orjson

    try:
        given = orjson.loads(argument)
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"got {argument!r:.60}, allowed: JSON ({error})", param_hint="--argument") from None
    run = _runs(data, project, location)[0].start(workflow, given, name=name or f"cli-{uuid.uuid4().hex[:12]}")
    if as_json:
        print_json(document_of(run))
    else:
        where = (
            f" --project {project} --location {location}"
            if project
            else ""
            if data == DEFAULT_DATA
            else f" --data {data}"
        )
        say(f"{run.id}: {run.state.value}\nFollow it with `swell workflows show {workflow} {run.id}{where}`.")


@app.command("show")
def show_run(
    workflow: Workflow,
    run_id: RunId,
    *,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    location: Location = HOME,
    as_json: Json = False,
) -> None:
    """Show an execution, on this machine with every step that it took and when."""
    runs, state = _runs(data, project, location)
    run = runs.get(workflow, run_id)
    steps = _steps(state, run) if project is None else []
    if as_json:
        print_json({**document_of(run), "steps": [step_document(entry) for entry in steps]})
        return
    say(f"{workflow} {run.id}: {run.state.value}, started {run.started_at:%Y-%m-%d %H:%M:%S} UTC, took {lasted(run)}")
    if steps:
        columns = {"at": "right", "step": "left", "kind": "left", "took": "right", "state": "left", "error": "left"}
        print_table(columns, rows_of_steps(run, steps))  # type: ignore[arg-type]
    if run.error is not None:
        say(f"error: {text_of(run.error)}")
    elif run.state.is_final:
        say(f"result: {text_of(run.result)}")


@app.command("cancel")
def cancel_run(
    workflow: Workflow,
    run_id: RunId,
    *,
    data: Data = DEFAULT_DATA,
    project: Project = None,
    location: Location = HOME,
    as_json: Json = False,
) -> None:
    """Have an execution end where it is. Nothing is undone: that is what a workflow does when it fails."""
    run = _runs(data, project, location)[0].cancel(workflow, run_id)
    if as_json:
        print_json(document_of(run))
    else:
        say(f"{run.id}: {run.state.value}")


def _list_definitions(*, as_json: bool) -> None:
    from swell.local.workflows.reading import read_all

    found = read_all().values()
    if as_json:
        print_json({"workflows": [{"name": each.name, "revision": each.revision} for each in found]})
        return
    print_table({"workflow": "left", "revision": "left"}, [[each.name, each.revision] for each in found])


def _runs(data: Path, project: str | None, location: str) -> "tuple[WorkflowRuns, StateStore]":
    from shared.ports.clock import SystemClock

    clock = SystemClock()
    if project is not None:
        from shared.adapters.google.state import FirestoreState
        from shared.adapters.google.workflow_runs import GoogleWorkflowRuns

        documents = FirestoreState(project)
        return GoogleWorkflowRuns(project, location, documents, clock), documents
    if not (data / "state.db").exists():
        raise CommandFailed(f"{data} holds no Swell; name its directory with --data", code="not_found")
    from shared.adapters.embedded.state import SqliteState
    from shared.adapters.embedded.workflow_runs import StoredWorkflowRuns
    from swell.local.workflows.reading import read_all

    state = SqliteState(data / "state.db")
    return StoredWorkflowRuns(state, clock, read_all()), state


def _steps(state: "StateStore", run: "WorkflowRun") -> "Sequence[StepEntry]":
    from swell.local.workflows.stored_course import steps_of

    return steps_of(state, run.workflow, run.id)
