"""`swell doctor`: what this machine has and what it lacks."""

from dataclasses import asdict

import typer

from swell.cli.options import Json
from swell.cli.output import print_json, print_table, say


def doctor(*, as_json: Json = False) -> None:
    """Check this machine, and say how to get what is missing.

    Exits with 1 if something is missing without which `swell up` cannot run.
    """
    from swell.cli.examinations import examine  # noqa: PLC0415 - looks at half of the installation

    found = examine()
    healthy = all(one.present or one.optional for one in found)
    if as_json:
        print_json({"healthy": healthy, "checks": [asdict(one) for one in found]})
    else:
        print_table(
            {"": "left", "check": "left", "found": "left", "needed for": "left"},
            [["ok" if one.present else "missing", one.name, one.found, one.needed_for] for one in found],
        )
        for one in found:
            if not one.present:
                say(f"\n{one.name}: {one.remedy}")
    if not healthy:
        raise typer.Exit(1)
