"""How long a failing store is asked again."""

import pytest

from shared.adapters.google import objects, publisher, state
from shared.topology import load_topology
from shared.topology.loading import TOPOLOGY_FILE


def _uses_objects(function: str) -> bool:
    sources = TOPOLOGY_FILE.parent.joinpath("functions", function).rglob("*.py")
    return any(".objects" in source.read_text(encoding="utf-8") for source in sources)


@pytest.mark.parametrize("subscription", load_topology().subscriptions)
def test_retries_end_long_before_a_delivery_is_sent_again(subscription: str) -> None:
    """All attempts of a call to a store that the function uses take less than half of its ack deadline."""
    taken = load_topology().subscriptions[subscription]
    adapters = [state, publisher, *([objects] if _uses_objects(taken.push_function) else [])]

    longest_s = max(each.RETRY.timeout + each.ATTEMPT_TIMEOUT_S for each in adapters)

    assert longest_s < taken.ack_deadline_s / 2


def test_the_functions_that_use_objects_are_known() -> None:
    """What the test above looks for is found."""
    assert _uses_objects("index_update")
    assert not _uses_objects("budget_enforcement")
