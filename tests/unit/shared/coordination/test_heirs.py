"""The heir lives, takes traffic, lacks least, and is near."""

from datetime import timedelta

import pytest

from shared.coordination.heirs import Candidate, choose_heir
from shared.coordination.member import Member, Presence, Report, heard
from shared.routing.latency import LatencyTable
from shared.topology import load_topology
from tests.fakes.clock import FrozenClock

HOME = "us-central1"
TABLE = LatencyTable.of_topology(load_topology())


def candidate(region: str, behind: int = 0, *, presence: Presence = Presence.LIVE, drains: bool = False) -> Candidate:
    """A member that was just heard."""
    member = heard(None, Report(region, timedelta(minutes=1)), FrozenClock().now())
    return Candidate(Member(**{**vars(member), "is_draining": drains}), presence, behind)


@pytest.mark.parametrize(
    ("candidates", "heir"),
    [
        ([candidate("us-east1", 1), candidate("asia-northeast1")], "asia-northeast1"),
        ([candidate("asia-northeast1"), candidate("us-east1"), candidate("europe-west1")], "us-east1"),
        ([candidate("us-east1", presence=Presence.SUSPECT), candidate("asia-northeast1", 9)], "asia-northeast1"),
        ([candidate("us-east1", drains=True), candidate("europe-west1")], "europe-west1"),
        ([candidate(HOME)], None),
        ([], None),
    ],
    ids=["lacks least", "nearest", "lives", "takes traffic", "is another", "nobody"],
)
def test_who_becomes_home(candidates: list[Candidate], heir: str | None) -> None:
    """In this order."""
    assert choose_heir(HOME, {each.member.region: each for each in candidates}, TABLE) == heir
