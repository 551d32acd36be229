"""The table of serving modes as docs/serving.md shows it, made from `shared/domain/serving_mode.py`.

python -m swell.deploy.serving_table
"""

from pathlib import Path
from typing import Final

from shared.domain.limits import MAX_TOP_K
from shared.domain.serving_mode import ServingMode, Terms, terms
from shared.domain.tier import Tier

PAGE: Final = Path(__file__).parents[2] / "docs" / "serving.md"
_BEGIN: Final = "<!-- serving modes: python -m swell.deploy.serving_table -->"
_END: Final = "<!-- end of serving modes -->"


def serving_table() -> str:
    """One line for each mode and tier."""
    head = "| mode | tier | let in | recall | top_k | staleness | streams | imports, exports, recall checks |"
    lines = [head, "|" + "---|" * 8]
    lines += [_line(mode, tier, terms(mode, tier)) for mode in ServingMode for tier in Tier]
    return "\n".join(lines)


def with_table(page: str) -> str:
    """The page with the table as the code has it."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{serving_table()}\n{_END}{after}"


def _line(mode: ServingMode, tier: Tier, given: Terms) -> str:
    recall = "as asked" if given.recall_at_most == 1 else f"≤ {given.recall_at_most:.2f}"
    top_k = "as asked" if given.top_k_at_most == MAX_TOP_K else f"≤ {given.top_k_at_most}"
    cells = [
        f"{mode.value} {mode.label}",
        tier.value,
        f"{given.admission_share:.0%}",
        recall,
        top_k,
        f"times {given.staleness_factor:g}",
        given.streams.value,
        "taken" if given.background else "put off",
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
