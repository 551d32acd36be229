"""What stands before the query function in a process of an embedded region."""

from dataclasses import replace

from functions.query.settings import QuerySettings
from shared.adapters.opening import Adapters
from shared.adapters.platform import PlatformSettings
from shared.edge import Edge, EdgeSettings, open_edge
from shared.load.reporting import counted
from swell.local.crowd_clock import crowd_clock


def counting(settings: QuerySettings, adapters: Adapters, region: str) -> Edge:
    """The edge, behind what counts requests by the clock of the crowds."""
    assert settings.data_dir  # noqa: S101 - embedded
    crowds = replace(adapters, clock=crowd_clock(settings.data_dir))
    return counted(crowds, region, open_edge(adapters, EdgeSettings()), every_s=PlatformSettings().load_report_s)
