"""A running local Swell, as the demo, the tests and the status command see it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from swell.local.region_host import RegionHost


@dataclass(frozen=True)
class Delivery:
    """Deliveries of one kind that ended the same way."""

    function: str
    event_type: str
    outcome: str
    count: int


@dataclass(frozen=True)
class RunningSwell:
    """Where a local Swell answers, and what its functions log."""

    url: str
    log_files: Sequence[Path]
    grpc: str | None = None
    """Where `swell.v1.Search` answers, as host:port."""
    regions: Mapping[str, "RegionHost"] = field(default_factory=dict)
    """By name, where there are several."""

    def deliveries(self) -> list[Delivery]:
        """Which events flowed through which functions so far, from the functions' own log lines."""
        counts: Counter[tuple[str, str, str]] = Counter()
        for path in self.log_files:
            for line in path.read_bytes().splitlines():
                if b'"message":"delivery"' in line:
                    entry = orjson.loads(line)
                    counts[entry["function"], entry.get("event_type", "?"), entry["outcome"]] += 1
        return [Delivery(*key, count) for key, count in sorted(counts.items())]
