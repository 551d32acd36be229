"""The comparison in words and columns, for people."""

from collections.abc import Sequence
from statistics import mean, median
from typing import Any

from benchmarks.measure.machine import Machine
from benchmarks.measure.others import QUIET_BELOW
from benchmarks.peers.comparison import Comparison, SystemReport
from benchmarks.peers.goals import Measure
from benchmarks.peers.rounds import Visit
from benchmarks.scaling import SizeReport

COLUMNS = ("measure", "Swell", "Chroma", "Swell ÷ Chroma", "lowest to highest", "goal", "met")
FLOOR_COLUMNS = ("in process", "recall@10", "p50", "QPS, all cores", "built in", "effort")
SIZE_COLUMNS = (
    "vectors",
    "recall@10",
    "p50",
    "against the smallest",
    "lowest to highest",
    "QPS at 16",
    "indexed in",
    "memory",
    "may be",
    "met",
)


def heading(vectors: dict[str, Any]) -> str:
    """Which vectors."""
    return (
        f"{vectors['name']}: {vectors['rows']:,} x {vectors['dimension']}, {vectors['metric']}, "
        f"{vectors['queries']:,} queries, intrinsic dimension {vectors['intrinsic_dimension']:.0f}; {vectors['origin']}"
    )


def settings_line(system: SystemReport) -> str:
    """Version and settings of one system, and whether they reach the recall compared at."""
    settings = ", ".join(f"{name} {value}" for name, value in system.settings.items() if name != "command")
    short = "" if system.tuned.reached else f"; its greatest effort reaches a recall of only {system.tuned.recall:.3f}"
    return f"{system.name} {system.version}, `{system.settings['command']}`: {settings}{short}"


def rows(measures: Sequence[Measure]) -> list[list[str]]:
    """The table, a row for each measure."""
    return [
        [
            measure.name,
            figure(measure.ours, measure.unit),
            figure(measure.theirs, measure.unit),
            "-" if measure.ratio is None else f"{measure.ratio.median:.2f}x",
            "-" if measure.ratio is None else f"{measure.ratio.smallest:.2f} to {measure.ratio.largest:.2f}",
            measure.goal,
            _met(measure),
        ]
        for measure in measures
    ]


def floor_rows(comparison: Comparison) -> list[list[str]]:
    """The table of what runs in process, with no server."""
    return [
        [
            floor.library,
            figure(floor.recall, ""),
            figure(floor.p50_ms, "ms"),
            figure(floor.queries_per_s, "/s"),
            figure(floor.built_s, "s"),
            f"{floor.effort:g}",
        ]
        for floor in comparison.floors
    ]


def size_rows(reports: Sequence[SizeReport]) -> list[list[str]]:
    """The table of sizes; QPS is the median over rounds, memory that of the last."""
    return [
        [
            f"{one.ingested.rows:,}",
            figure(mean(visit.recall for visit in one.visits), ""),
            figure(one.p50_ms, "ms"),
            f"{one.p50_ratio.median:.2f}x",
            f"{one.p50_ratio.smallest:.2f} to {one.p50_ratio.largest:.2f}",
            figure(median(visit.queries_per_s for visit in one.visits), "/s"),
            figure(one.ingested.indexed_s, "s"),
            figure(one.visits[-1].memory_bytes, "bytes"),
            f"{one.goal:.1f}x",
            "yes" if one.met else "no",
        ]
        for one in reports
    ]


def generator_line(comparison: Comparison) -> str:
    """How far the load generator was from being the bottleneck."""
    visits = [visit for system in comparison.systems for visit in system.visits]
    fastest = max(visit.queries_per_s for visit in visits)
    share = max(visit.generator_cpu_share for visit in visits)
    failures = sum(visit.failures for visit in visits)
    told = (
        f"Load generator: a process of its own; {comparison.capacity.per_s:,.0f} requests/s against a server that does "
        f"nothing, {comparison.capacity.per_s / fastest:.0f} x the highest QPS; at most {share:.0%} of a core"
    )
    return told + (f"; {failures:,} requests FAILED" if failures else "; no request failed")


def wrk_line(comparison: Comparison) -> str:
    """What another generator says of the same load, for those who do not trust ours; empty where it is missing."""
    told = [
        f"{name} {report.per_s:,.0f}/s, p50 {report.p50_ms:.2f} ms"
        + (f", {report.failures} FAILED" if report.failures else "")
        for name, report in comparison.wrk.items()
    ]
    return f"The same load from wrk: {'; '.join(told)}" if told else ""


def machine_line(machine: Machine) -> str:
    """The machine."""
    return f"{machine.processor}, {machine.cores} cores, Python {machine.python}, {machine.system}"


def noise_line(visits: Sequence[Visit]) -> str:
    """How quiet the machine was during the rounds; empty where it cannot be told."""
    shares = [visit.others_share for visit in visits if visit.others_share is not None]
    if not shares:
        return ""
    told = f"Other programs used {min(shares):.0%} to {max(shares):.0%} of the machine during the rounds"
    return told + (": quiet" if max(shares) < QUIET_BELOW else ": NOISY, trust the ratios more than the figures")


def figure(value: float | None, unit: str) -> str:
    """A number as people read it; the unit's own number of digits."""
    if value is None:
        return "-"
    match unit:
        case "bytes":
            return f"{value / 1e6:,.0f} MB"
        case "/s":
            return f"{value:,.0f}"
        case "rows/s":
            return f"{value:,.0f} rows/s"
        case "":
            return f"{value:.4f}"
        case _:
            return f"{value:.2f} {unit}"


def _met(measure: Measure) -> str:
    if measure.invalid:
        return f"INVALID: {measure.invalid}"
    return {True: "yes", False: "no", None: ""}[measure.met]
