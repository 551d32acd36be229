# ruff: noqa: PLC0415 - the simulator loads when it runs: `swell --help` stays quick
"""`swell rehearse`: a crowd before it comes, against the deployed policies on a simulated fleet."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from swell.cli.benching import require_checkout
from swell.cli.options import Json
from swell.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from benchmarks.simulator.policies import Policy


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


def rehearse(
    scenario: Annotated[str | None, typer.Argument(help="A name of the list, or a YAML file; none: the list.")] = None,
    *,
    policy: Annotated[
        PolicyName, typer.Option(help="What steers: plan and load (both), one of them, or Cloud Run alone.")
    ] = PolicyName.BOTH,
    seed: Annotated[int, typer.Option(min=0, help="The same seed asks the same.")] = 1,
    as_json: Json = False,
) -> None:
    """Rehearse a crowd: does it survive, how fast, what fails, what it costs, what to change. All of it is SIMULATED.

    The simulated fleet has the regions of topology.yaml and is steered by the functions that are deployed.
    """
    require_checkout()
    single_threaded()
    from benchmarks.rehearsal.rehearse import rehearse as play
    from benchmarks.rehearsal.result import to_json
    from benchmarks.rehearsal.telling import tell
    from benchmarks.scenarios.catalog import find_scenario

    if scenario is None:
        _list(as_json=as_json)
        return
    run = play(find_scenario(scenario), policy_of(policy), seed)
    if as_json:
        import orjson

        print_json(orjson.loads(to_json(run)))
    else:
        for line in tell(run):
            say(line)


def policy_of(name: PolicyName) -> "Policy":
    """The policy of a name."""
    from benchmarks.simulator.policies import Policy, Steering

    steering, _, rest = name.value.partition("-")
    return Policy(Steering(steering), budget=not rest)


def single_threaded() -> None:
    """Small matrices are solved faster by one thread than by as many as there are processors."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 - a setting of a library, not ours


def _list(*, as_json: bool) -> None:
    from benchmarks.scenarios.catalog import find_scenario, names

    found = [find_scenario(name) for name in names()]
    if as_json:
        print_json({"scenarios": [one.model_dump(mode="json") for one in found]})
        return
    columns = ("scenario", "group", "minutes", "what")
    rows = [[one.name, one.group, f"{one.duration_min:g}", one.title] for one in found]
    print_table({name: "right" if name == "minutes" else "left" for name in columns}, rows)
