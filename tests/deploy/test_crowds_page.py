"""docs/crowds.md names every setting of the functions that expect crowds, with the default that it has."""

from pathlib import Path
from typing import Any

import pytest

from functions.burst_prediction.settings import BurstPredictionSettings
from functions.scaling.settings import ScalingSettings
from shared.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "crowds.md"
FIELDS = {
    name: field
    for settings in (BurstPredictionSettings, ScalingSettings)
    for name, field in settings.model_fields.items()
    if name not in Settings.model_fields
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_setting_is_described_as_the_code_describes_it(name: str) -> None:
    """The same words and the same default, in one row."""
    [row] = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `SWELL_{name.upper()}` ")]
    _, _, _, default, text, _ = (cell.strip() for cell in row.split("|"))

    assert (FIELDS[name].description, shown(FIELDS[name].default)) == (text, default)


def shown(default: Any) -> str:
    """A default as the page has it."""
    if isinstance(default, int | float):
        return f"{default:g}"
    return "" if default is None else f"`{default}`"
