"""Which engine reads which field of a scenario, and how: a table of docs/rehearsal.md that a test holds to the schema.

`python -m benchmarks.scenarios.readers` writes it into the page.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from benchmarks.scenarios.table import PAGE

BEGIN: Final = "<!-- readers: python -m benchmarks.scenarios.readers -->"
END: Final = "<!-- end of readers -->"
NO: Final = "-"
YES: Final = "yes"


class Readers(NamedTuple):
    """What each engine does with a field; `NO` where it does nothing."""

    simulator: str
    live: str
    k6: str


_ALL: Final = Readers(YES, YES, YES)
_COURSE: Final = Readers(YES, "its course", "its course")
_SIMULATED: Final = Readers(YES, NO, NO)
_TOLD: Final = Readers("told", "told", "told")
_PAGE: Final = Readers("this page", "this page", "this page")

READERS: Final[Mapping[str, Readers]] = {
    "name, title": _TOLD,
    "group, source": _PAGE,
    "pre_checks, post_analysis": _PAGE,
    "starts_at": _COURSE,
    "duration_min": _ALL,
    "tick_s": _SIMULATED,
    "streams": Readers(YES, "not its size", "not its size"),
    "stream.queries_per_s": Readers(YES, "told", NO),
    "stream.bytes_per_query": Readers("money", "told", NO),
    "stream.per_connection": Readers("`disconnect`", "told", NO),
    "arrival": _COURSE,
    "diurnal": _COURSE,
    "bursty": _ALL,
    "regions": Readers(YES, "its course; who is nearest to a region that is lost", "its course"),
    "crowd": Readers(YES, "who is nearest to a region that is lost", NO),
    "popularity": Readers("what caches answer; `turnover_min` is not read", YES, YES),
    "mix": Readers("what a request costs", YES, YES),
    "tiers": Readers("who is refused first", "a key of each", "a key of each"),
    "protocols": Readers("-: a request costs the same by any", YES, "not `http2` and `grpc`: refused"),
    "sessions": Readers("-: streams ask on their own", YES, YES),
    "calendar": Readers("what the forecast sees", NO, NO),
    "faults": Readers("not `redis_away`: noted", "what one machine can: the rest is noted", "-: named at its head"),
    "fleet": Readers(YES, "-: `starts_cold` is noted", NO),
    "budget": _SIMULATED,
    "objectives.p50_ms, objectives.p95_ms, objectives.p99_ms": _ALL,
    "objectives.error_share, objectives.availability": _ALL,
    "objectives.shed_share_premium, objectives.shed_share_standard": _ALL,
    "objectives.cost_dollars": _SIMULATED,
    "objectives.recall": Readers(NO, YES, NO),
    "objectives.dollars_per_million": Readers(YES, YES, NO),
    "objectives.recovery_s": Readers(YES, "where all faults are played", NO),
    "abort": Readers("-: nobody is hurt", YES, YES),
    "live": Readers(NO, YES, YES),
    "seed": _ALL,
}
"""By field, those that are read alike together; a field that is named without its parts stands for all of them."""


def render() -> str:
    """The table."""
    return "\n".join(_lines())


def put_into(page: str) -> str:
    """The page with the table of today."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{render()}\n{END}{rest.partition(END)[2]}"


def _lines() -> Iterator[str]:
    yield "| field | simulator | live | k6 |"
    yield "|---|---|---|---|"
    for fields, readers in READERS.items():
        named = ", ".join(f"`{field}`" for field in fields.split(", "))
        yield f"| {named} | {' | '.join(readers)} |"


if __name__ == "__main__":
    PAGE.write_text(put_into(PAGE.read_text("utf-8")), "utf-8")
