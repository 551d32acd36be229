"""Where a function runs and what it may use. Every setting is an environment variable `SWELL_<NAME>`.

Identity has no default; tuning has, each with the reason for its value.
Google's own variables for emulators (`PUBSUB_EMULATOR_HOST`, `FIRESTORE_EMULATOR_HOST`, `STORAGE_EMULATOR_HOST`)
are read by Google's clients, not by us.
"""

from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HOME_FOLDER: Final = "objects"
"""Embedded, the folder of the home region's objects."""


class Settings(BaseSettings):
    """What every function needs to know."""

    model_config = SettingsConfigDict(env_prefix="SWELL_", frozen=True, extra="ignore")

    runtime: Literal["google", "embedded"] = Field(description="Google Cloud, or SQLite and a directory")
    project: str | None = Field(default=None, description="Google Cloud project; runtime google")
    bucket: str | None = Field(
        default=None, description="bucket of this region's objects; runtime google, where `buckets` does not name it"
    )
    region: str | None = Field(
        default=None, description="the region that this function runs in; by default the home region of topology.yaml"
    )
    buckets: dict[str, str] = Field(
        default_factory=dict,
        description="JSON object: every region that is deployed, and its bucket (embedded: its folder in data_dir); "
        "by default the home region is alone",
    )
    database: str = Field(default="(default)", description="Firestore database; one per project is usual")
    data_dir: Path | None = Field(default=None, description="state, queue and objects; runtime embedded")
    transfer_dir: Path | None = Field(
        default=None,
        description="the only directory that imports read and exports write, by default data_dir/files; embedded",
    )
    transfer_buckets: tuple[str, ...] = Field(
        default=(),
        description="JSON list of buckets that imports read and exports write, beside transfers/ of our own; google",
    )
    openings_dir: Path | None = Field(
        default=None,
        description="where the processes of one machine keep when breakers opened, for the daily report; `swell up` "
        "sets it. On Google Cloud log lines are counted instead",
    )
    trace_exporter: Literal["none", "otlp", "gcp", "console"] = Field(
        default="none",
        description="where spans go: nowhere (log lines carry the trace all the same), to OTEL_EXPORTER_OTLP_ENDPOINT, "
        "to Cloud Trace, to stdout",
    )
    trace_ratio: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="share of the traces that begin here which is recorded; others are recorded if their caller's is. "
        "Cloud Trace is free up to 2.5 million spans a month",
    )

    redis_url: SecretStr | None = Field(
        default=None,
        description="redis:// or rediss:// of a Redis or Memorystore through which instances share rates and answers; "
        "it holds nothing that may not be lost",
    )

    @model_validator(mode="after")
    def _names_its_services(self) -> Self:
        needed = {"google": ("project", "bucket"), "embedded": ("data_dir",)}[self.runtime]
        given = {"bucket": self.own_bucket}
        missing = [f"SWELL_{name.upper()}" for name in needed if given.get(name, getattr(self, name)) is None]
        if missing:
            raise ValueError(f"runtime {self.runtime!r} needs {' and '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _is_one_of_the_regions(self) -> Self:
        if not self.buckets:
            return self
        if self.region not in self.buckets:
            raise ValueError(f"SWELL_REGION: got {self.region!r}, allowed: {', '.join(self.buckets)} of SWELL_BUCKETS")
        if self.bucket not in (None, self.buckets[self.region]):
            raise ValueError(f"SWELL_BUCKET: got {self.bucket!r}, but SWELL_BUCKETS says {self.buckets[self.region]!r}")
        return self

    @property
    def own_bucket(self) -> str | None:
        """Where this region's objects are; embedded, that is a folder of the data directory."""
        alone = self.bucket if self.runtime == "google" else HOME_FOLDER
        return self.buckets.get(self.region or "", alone)


class CacheSettings(Settings):
    """For functions that load segments."""

    cache_dir: Path = Field(
        default=Path("/tmp/swell-cache"),  # noqa: S108 - the only writable folder of a function
        description="local copies of segment files",
    )
    cache_max_bytes: int = Field(
        default=2_000_000_000,
        ge=1_000_000,
        description="local copies are evicted above this; on Cloud Run /tmp counts as memory, so stay below it",
    )
    cache_max_mapped_bytes: int = Field(
        default=2_000_000_000,
        ge=1_000_000,
        description="memory maps are closed above this; lower than cache_max_bytes where the disk is a real one",
    )
