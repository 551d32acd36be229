"""What the published costs of the system that Swell implements come to: `python -m benchmarks.rehearsal.claims`.

Its inputs are its own; its answers are replaced by products and sums, priced by `shared/domain/prices.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.domain.money import MICROS_PER_DOLLAR
from shared.domain.prices import LIST_PRICES, InstanceShape, Usage, cost_of
from shared.topology import load_topology

PAGE: Final = Path(__file__).parents[2] / "docs" / "cost.md"
BEGIN: Final = "<!-- claims: python -m benchmarks.rehearsal.claims -->\n"
END: Final = "<!-- end of claims -->"

HOUR_MS: Final = 3_600_000
MONTH_H: Final = 730
CONNECTIONS_MOST: Final = 1000
"""Cloud Run lets one instance have at most so many requests, and so connections, at once."""
ITS_SHAPE: Final = InstanceShape(cpu_milli=4000, memory_mib=16 * 1024)
ITS_MONTH_USD: Final = 4_026_500
BASE_STREAMS: Final = 500_000_000
BURST_STREAMS: Final = 25_000_000_000


@dataclass(frozen=True)
class Claim:
    """What is published, and what its own inputs come to."""

    subject: str
    published: str
    reckoned: str


def claims() -> Iterator[Claim]:
    """Each contradiction once."""
    query = load_topology().functions["query"]
    ours, its = _hour(InstanceShape(round(query.cpu * 1000), query.memory_mb)), _hour(ITS_SHAPE)
    yield Claim("streams of 5,000 instances, 100 connections each", "500,000,000", f"{5_000 * 100:,}")
    base = BASE_STREAMS // CONNECTIONS_MOST
    yield Claim("instances for 500 M connections, 1,000 each", "5,000", f"{base:,}")
    yield Claim("an hour of them, shape of `query`", "$5,479", f"${base * ours:,.0f}")
    yield Claim(
        "an hour of one connected stream",
        f"${ITS_MONTH_USD / BASE_STREAMS / MONTH_H:.6f}",
        f"${ours / CONNECTIONS_MOST:.6f}",
    )
    burst = BURST_STREAMS // CONNECTIONS_MOST
    yield Claim("25 B connections for 4 hours", "$79,200 to $100,000", f"${burst * ours * 4:,.0f}")
    yield Claim("compute of 50,000 of its instances for 4 hours", "$47,000", f"${50_000 * its * 4:,.0f}")
    yield Claim("14.6 M vCPU-hours of its instances, memory included", "$1,263,000", f"${14_600_000 / 4 * its:,.0f}")
    yield Claim("queries a second at $4.84 a million", "50,000 to 50,000,000", f"{_rate(4.84):,.0f}")
    yield Claim("a million queries at 5,000,000 a second", "$4.84", f"${_per_million(5_000_000):.2f}")
    yield Claim("a million queries at 50,000 a second", "$4.84", f"${_per_million(50_000):.2f}")
    yield Claim("a day at its limit of $10,000 an hour", "$200,000", f"${10_000 * 24:,}")
    yield Claim("a month at its limit of $200,000 a day", "$5,000,000", f"${200_000 * 30:,}")


def _hour(shape: InstanceShape) -> float:
    """Dollars of one instance that answers for an hour, in the home region."""
    return cost_of(Usage(load_topology().home_region, HOUR_MS, 0, 0, 0), shape, LIST_PRICES) / MICROS_PER_DOLLAR


def _rate(per_million: float) -> float:
    return ITS_MONTH_USD / per_million * 1_000_000 / (MONTH_H * 3600)


def _per_million(queries_per_s: float) -> float:
    return ITS_MONTH_USD * 1_000_000 / (queries_per_s * MONTH_H * 3600)


def table() -> str:
    """The table of docs/cost.md."""
    rows = [f"| {claim.subject} | {claim.published} | {claim.reckoned} |" for claim in claims()]
    return "\n".join(["| what | published | reckoned |", "|---|---|---|", *rows]) + "\n"


def with_table(page: str) -> str:
    """The page with the table as it is now."""
    head, rest = page.split(BEGIN)
    return head + BEGIN + table() + END + rest.split(END, 1)[1]


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(table(), end="")
