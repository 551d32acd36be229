"""Where a function runs and what it may use. Every setting is an environment variable `SWELL_<NAME>`.

Identity has no default; tuning has, each with the reason for its value.
Google's own variables for emulators (`PUBSUB_EMULATOR_HOST`, `FIRESTORE_EMULATOR_HOST`, `STORAGE_EMULATOR_HOST`)
are read by Google's clients, not by us.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every function needs to know."""

    model_config = SettingsConfigDict(env_prefix="SWELL_", frozen=True, extra="ignore")

    runtime: Literal["google", "embedded"] = Field(description="Google Cloud, or SQLite and a directory")
    project: str | None = Field(default=None, description="Google Cloud project; runtime google")
    bucket: str | None = Field(default=None, description="bucket of this region's objects; runtime google")
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
        missing = [f"SWELL_{name.upper()}" for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"runtime {self.runtime!r} needs {' and '.join(missing)}")
        return self


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
