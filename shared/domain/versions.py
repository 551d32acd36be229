"""Version vectors: which commit of each shard a write made or a query saw."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

_TEXT = re.compile(r"\d{1,4}:\d{1,18}(,\d{1,4}:\d{1,18})*")


@dataclass(frozen=True)
class VersionVector:
    """The version of each shard that is named; clients treat the text form as opaque.

    A write returns the versions of the shards it touched; a query returns the versions of all that it read.
    """

    by_shard: Mapping[int, int]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"0:12,3:7"`.

        Raises:
            ValueError: the text is not a version.
        """
        if not _TEXT.fullmatch(text):
            raise ValueError(f"not a version: {text[:64]!r}")
        pairs = (part.split(":") for part in text.split(","))
        return cls({int(shard): int(version) for shard, version in pairs})

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The least vector that covers every part."""
        highest: dict[int, int] = {}
        for part in parts:
            for shard, version in part.by_shard.items():
                highest[shard] = max(version, highest.get(shard, 0))
        return cls(highest)

    def covers(self, other: Self) -> bool:
        """Whether every shard that `other` names is at least as new here."""
        return all(self.by_shard.get(shard, -1) >= version for shard, version in other.by_shard.items())

    def __str__(self) -> str:
        return ",".join(f"{shard}:{version}" for shard, version in sorted(self.by_shard.items()))
