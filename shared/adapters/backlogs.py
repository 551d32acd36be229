"""Opens what measures the backlog of writes, importing no other platform."""

from typing import Final

from shared.adapters.platform import PlatformSettings
from shared.errors import ConfigurationError
from shared.ports.backlog import WriteBacklog
from shared.ports.clock import Clock

SUBSCRIPTION: Final = "index_update.mutations"


def open_backlog(settings: PlatformSettings, clock: Clock) -> WriteBacklog | None:
    """What the settings name; None on emulators, which count nothing."""
    if settings.runtime == "embedded":
        from shared.adapters.embedded.backlog import SqliteBacklog  # noqa: PLC0415 - cold start

        assert settings.data_dir  # noqa: S101 - Settings has checked it
        return SqliteBacklog(settings.data_dir / "queue.db", SUBSCRIPTION, clock)
    if settings.is_local:
        return None
    from shared.adapters.google.backlog import CloudMonitoringBacklog  # noqa: PLC0415 - cold start

    if settings.project is None:
        raise ConfigurationError("the backlog of writes needs SWELL_PROJECT")
    return CloudMonitoringBacklog(settings.project, SUBSCRIPTION, clock)
