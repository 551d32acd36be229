"""Whatever happens on the way, every region ends with what home has: 1,000 seeded runs over 3 to 15 regions."""

import pytest

from shared.telemetry import log_to
from tests.integration.regions.storm import Storm

RUNS = 1000
CHUNK = 50


@pytest.fixture(autouse=True)
def _quiet(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Tens of thousands of log lines are of no use to anyone."""
    with (tmp_path_factory.mktemp("log") / "swell.log").open("w") as sink:
        log_to(sink)
        yield
        log_to(None)


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_any_course_of_events_ends_in_the_same(first: int) -> None:
    """Commits, compactions, losses, duplicates, reorderings, crashes, cut lines, interruptions, sweeps, re-creations.

    At every moment a region serves only what it has whole, and never goes back. In the end all serve home's manifest,
    no version is lost, and repeating every announcement copies nothing and says nothing new.
    """
    for seed in range(first, first + CHUNK):
        storm = Storm(seed)
        storm.rage(40)
        storm.calm()
        _check(storm)


def _check(storm: Storm) -> None:
    world = storm.world
    wanted = world.home_manifest()
    if wanted is None:
        return
    for region in world.followers():
        head = world.head(region)
        assert head is not None, f"{region} has nothing"
        assert (head.manifest, head.version) == (wanted, len(storm.committed)), region
        assert world.damages(region, wanted) == []

    before = storm.everything()
    announced = storm.announce_again()
    deliveries = storm.deliver_everything()

    assert storm.everything() == before
    assert deliveries <= announced * (1 + len(world.regions))
    for region in world.followers():
        assert world.catch_up(region).behind == 0
    assert world.publisher.take("region-heads") == []
