# ruff: noqa: PLC0415 - the simulator loads when it runs: `swell --help` stays quick
"""`swell rehearse`: a crowd before it comes, against the deployed policies on a simulated fleet."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from swell.cli.benching import require_checkout
from swell.cli.default_command import DefaultCommandGroup
from swell.cli.failure import CommandFailed
from swell.cli.options import Json, can_be_written
from swell.cli.output import note, print_json, print_table, say
from swell.cli.rehearse_events import calendar
from swell.cli.rehearse_live import live
from swell.cli.rehearse_machine import arithmetic, calibrate
from swell.cli.writing import write_after_telling, write_whole

if TYPE_CHECKING:
    from benchmarks.rehearsal.comparison import PolicyComparison
    from benchmarks.rehearsal.result import Run
    from benchmarks.scenarios.model import Scenario
    from benchmarks.simulator.policies import Policy

app = typer.Typer(
    cls=DefaultCommandGroup,
    help="Rehearse a crowd before it comes: `swell rehearse world-cup-final`. All that is simulated says SIMULATED.",
    no_args_is_help=False,
)
app.command()(calendar)
app.command()(calibrate)
app.command()(arithmetic)
app.command()(live)


_NOT_READ: Final[Mapping[str, Sequence[str]]] = {
    "--all": ("SCENARIO", "--k6", "--against", "--html", "--event-quantile", "--as-deployed"),
    "no scenario": ("--k6", "--against", "--html", "--event-quantile", "--as-deployed"),
    "--k6": ("--against", "--html", "--event-quantile"),
    "--against": ("--html",),
}


class PolicyName(StrEnum):
    """What `--policy` and `--against` take."""

    BOTH = "both"
    PREDICTIVE = "predictive"
    REACTIVE = "reactive"
    PLATFORM = "platform"
    BOTH_NO_BUDGET = "both-no-budget"
    PREDICTIVE_NO_BUDGET = "predictive-no-budget"
    REACTIVE_NO_BUDGET = "reactive-no-budget"
    PLATFORM_NO_BUDGET = "platform-no-budget"


@app.command("scenario")
def rehearse(
    scenario: Annotated[str | None, typer.Argument(help="A name of the list, or a YAML file; none: the list.")] = None,
    *,
    policy: Annotated[
        PolicyName, typer.Option(help="What steers: plan and load (both), one of them, or Cloud Run alone.")
    ] = PolicyName.BOTH,
    against: Annotated[
        list[PolicyName] | None, typer.Option(help="Compare with this policy on the same requests; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed asks the same.")] = 1,
    seeds: Annotated[int, typer.Option(min=2, max=100, help="With --against: how many, from --seed on.")] = 5,
    event_quantile: Annotated[
        float | None, typer.Option(help="Plan for this quantile near events, not for the deployed one: 0.5, 0.9, 0.99.")
    ] = None,
    as_deployed: Annotated[
        bool, typer.Option("--as-deployed", help="On the quotas of topology.yaml, not on those that it asks for.")
    ] = False,
    k6: Annotated[
        Path | None,
        typer.Option(callback=can_be_written, metavar="FILE", help="Write the scenario as a script for k6."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(callback=can_be_written, metavar="FILE", help="Also write a report: one page, whole in itself."),
    ] = None,
    all_of_them: Annotated[bool, typer.Option("--all", help="Every scenario, side by side.")] = False,
    as_json: Json = False,
) -> None:
    """Does it survive, how fast is it, what fails, what does it cost, what should be changed.

    The simulated fleet has the regions of topology.yaml and is steered by the functions that are deployed.
    """
    _refuse_what_is_not_read(
        _way(scenario, all_of_them=all_of_them, k6=k6, against=against),
        {
            "SCENARIO": scenario,
            "--k6": k6,
            "--against": against,
            "--html": html,
            "--event-quantile": event_quantile,
            "--as-deployed": as_deployed or None,
        },
    )
    require_checkout()
    single_threaded()
    from benchmarks.scenarios.catalog import find_scenario, on_deployed_quotas

    if all_of_them:
        _all(policy_of(policy), seed, as_json=as_json)
        return
    if scenario is None:
        _list(as_json=as_json)
        return
    ours = replace(policy_of(policy), event_quantile=_quantile(event_quantile))
    found = on_deployed_quotas(find_scenario(scenario)) if as_deployed else find_scenario(scenario)
    if k6 is not None:
        _write_k6(found, k6)
    elif against:
        _compare(found, ours, against, range(seed, seed + seeds), as_json=as_json)
    else:
        _play(found, ours, seed, html, as_json=as_json)


def _way(scenario: str | None, *, all_of_them: bool, k6: Path | None, against: list[PolicyName] | None) -> str:
    """Which of the things is done that this command does."""
    if all_of_them:
        return "--all"
    if scenario is None:
        return "no scenario"
    if k6 is not None:
        return "--k6"
    return "--against" if against else "one scenario"


def _refuse_what_is_not_read(way: str, given: Mapping[str, object]) -> None:
    """An option that would be passed over without a word is a mistake."""
    for name in _NOT_READ.get(way, ()):
        if given[name]:
            raise typer.BadParameter(f"with {way} it is not read", param_hint=f"'{name}'")


def _quantile(quantile: float | None) -> float | None:
    from functions.burst_prediction.bands import QUANTILES

    if quantile is not None and quantile not in QUANTILES:
        allowed = ", ".join(f"{one:g}" for one in QUANTILES)
        raise CommandFailed(f"--event-quantile: got {quantile:g}, allowed: {allowed}")
    return quantile


def policy_of(name: PolicyName) -> "Policy":
    """The policy of a name."""
    from benchmarks.simulator.policies import Policy, Steering

    steering, _, rest = name.value.partition("-")
    return Policy(Steering(steering), budget=not rest)


def single_threaded() -> None:
    """Small matrices are solved faster by one thread than by as many as there are processors."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 - a setting of a library, not ours


def show(run: "Run", *, as_json: bool) -> None:
    """A record, as JSON or in words."""
    from benchmarks.rehearsal.record_file import to_json
    from benchmarks.rehearsal.telling import tell

    if as_json:
        import orjson

        print_json(orjson.loads(to_json(run)))
    else:
        for line in tell(run):
            say(line)


def _play(scenario: "Scenario", policy: "Policy", seed: int, html: Path | None, *, as_json: bool) -> None:
    from benchmarks.rehearsal.rehearse import rehearse as play
    from benchmarks.reports.report import report_on
    from benchmarks.reports.whole_page import to_html
    from shared.topology import load_topology

    begun_s = time.process_time()
    run = play(scenario, policy, seed)
    note(
        f"Played {scenario.duration_min:g} minutes of {len(run.regions)} regions in ticks of {scenario.tick_s} s: "
        f"{time.process_time() - begun_s:.2f} s of processor time."
    )
    show(run, as_json=as_json)
    if html is not None:
        write_after_telling(html, to_html(report_on(run), load_topology()))
        note(f"Wrote {html}")


def _all(policy: "Policy", seed: int, *, as_json: bool) -> None:
    from benchmarks.measure.machine import usable_cores
    from benchmarks.rehearsal.rehearse import rehearse_all
    from benchmarks.rehearsal.telling import OVERVIEW, in_brief, overview, what_to_change
    from benchmarks.scenarios.catalog import names

    begun_s = time.monotonic()
    runs = list(rehearse_all(names(), policy, seed, processes=usable_cores()))
    note(f"Played {len(runs)} scenarios in {time.monotonic() - begun_s:.0f} s.")
    if as_json:
        print_json({"simulated": True, "runs": [in_brief(one) for one in runs]})
        return
    say(f"SIMULATED · policy {policy.name}, seed {seed}")
    print_table({name: "left" if name in {"scenario", "not kept"} else "right" for name in OVERVIEW}, overview(runs))
    for run in runs:
        if not run.summary.survived:
            say()
            say(f"{run.meta.scenario}: what to change")
            for line in what_to_change(run):
                say(line)


def _compare(scenario: "Scenario", policy: "Policy", against: list[PolicyName], seeds: range, *, as_json: bool) -> None:
    from dataclasses import asdict

    from benchmarks.measure.machine import usable_cores
    from benchmarks.rehearsal.comparison import compare

    if not as_json:
        note(f"Playing {scenario.name} {len(seeds) * (len(against) + 1)} times …")
    others = [policy_of(name) for name in against]
    found = compare(scenario, policy, others, list(seeds), processes=usable_cores())
    if as_json:
        told = [{**asdict(one), "verdicts": {each.measure: each.verdict for each in one.differences}} for one in found]
        print_json({"simulated": True, "comparisons": told})
        return
    for comparison in found:
        _print_comparison(comparison)


def _print_comparison(comparison: "PolicyComparison") -> None:
    say(
        f"SIMULATED · {comparison.scenario}: {comparison.policy} against {comparison.against}, "
        f"{len(comparison.seeds)} seeds, paired; less is better"
    )
    rows = [
        [
            one.measure,
            f"{one.ours.mean:,.3f}",
            f"{one.theirs.mean:,.3f}",
            f"{one.more.mean:+,.3f}",
            f"{one.more.low:+,.3f} to {one.more.high:+,.3f}",
            one.verdict,
        ]
        for one in comparison.differences
    ]
    columns = ("measure", comparison.policy, comparison.against, "difference", "95 % interval", "so it is")
    print_table({name: "left" if name in {"measure", "so it is"} else "right" for name in columns}, rows)
    say()


def _write_k6(scenario: "Scenario", path: Path) -> None:
    from benchmarks.scenarios.k6 import k6_script
    from shared.topology import load_topology

    write_whole(path, k6_script(scenario, load_topology()))
    note(f"Wrote {path}: k6 run {path}")


def _list(*, as_json: bool) -> None:
    from benchmarks.scenarios.catalog import find_scenario, names

    found = [find_scenario(name) for name in names()]
    if as_json:
        print_json({"scenarios": [one.model_dump(mode="json") for one in found]})
        return
    columns = ("scenario", "group", "minutes", "what")
    rows = [[one.name, one.group, f"{one.duration_min:g}", one.title] for one in found]
    print_table({name: "right" if name == "minutes" else "left" for name in columns}, rows)
