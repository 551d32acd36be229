"""Options of the commands that enter events."""

from typing import Annotated, Final

import typer

from swell.cli.options import part_of_a_path

START_FORMATS: Final = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]

EventId = Annotated[str, typer.Argument(metavar="ID", callback=part_of_a_path, help="The id of the event.")]
RegionWeights = Annotated[
    list[str],
    typer.Option("--region", metavar="REGION[=WEIGHT]", help="Who comes: 1 for the region with the largest share."),
]
Kind = Annotated[
    str, typer.Option(help="sports_final, sports, concert, release, promotion or other: growth is learned by kind.")
]


def weights(regions: list[str]) -> dict[str, float]:
    """Weights by region: `us-east1=0.4`, and 1 where none is said."""
    found = {}
    for text in regions:
        region, _, weight = text.partition("=")
        try:
            found[region] = float(weight or 1)
        except ValueError:
            raise typer.BadParameter(f"--region: got {text!r}, allowed: a region, or REGION=WEIGHT") from None
    return found
