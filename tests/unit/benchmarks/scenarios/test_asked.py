"""What a scenario asks, by kind and protocol."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scenarios.arrival import Drifting, Hotspot, Mix, Zipf
from benchmarks.scenarios.asked import WRITING, keys_of, shares_of
from benchmarks.scenarios.catalog import BadScenario, find_scenario, names
from benchmarks.scenarios.model import Scenario
from benchmarks.scenarios.protocol import ProtocolName

BALANCED = find_scenario("balanced")


def asking(mix: Mix, protocols: dict[ProtocolName, float]) -> Scenario:
    """A scenario of these."""
    return BALANCED.model_copy(update={"mix": mix, "protocols": protocols})


@given(
    parts=st.lists(st.integers(1, 9), min_size=4, max_size=4),
    others=st.integers(0, 5),
)
@settings(max_examples=30)
def test_both_mix_and_protocols_hold(parts: list[int], others: int) -> None:
    """The shares add up to those of the scenario, by kind as by protocol, and nothing is written over the others."""
    search, filtered, write, delete = (part / sum(parts) for part in parts)
    most = 1 - (write + delete)  # of what takes no writes
    over = most * others / 5
    protocols: dict[ProtocolName, float] = {"http1": (1 - over) / 2, "http2": (1 - over) / 2, "websocket": over}

    shares = shares_of(asking(Mix(search=search, filtered=filtered, write=write, delete=delete), protocols))

    by_kind = {
        kind: sum(share for asked, share in shares.items() if asked.kind == kind) for kind in ("write", "search")
    }
    by_protocol = {name: sum(share for asked, share in shares.items() if asked.protocol == name) for name in protocols}
    assert by_kind == pytest.approx({"write": write, "search": search})
    assert by_protocol == pytest.approx(protocols)
    assert all(asked.protocol in WRITING for asked in shares if asked.kind in {"write", "delete"})


def test_writes_that_no_protocol_takes_are_refused_by_name() -> None:
    """Nothing is left out, nor sent otherwise than was said."""
    with pytest.raises(BadScenario, match=r"protocols: got 0% of http1 and http2.*at least the 50%"):
        shares_of(asking(BALANCED.mix, {"websocket": 1.0}))


def test_every_scenario_can_be_sent() -> None:
    """None of the catalogue is refused."""
    assert all(shares_of(find_scenario(name)) for name in names())


def test_keys_are_asked_for_as_they_are_popular() -> None:
    """A hotspot has its share of the requests, a Zipf its first keys, and of drifting keys none stays."""
    random, minutes = np.random.default_rng(1), np.zeros(20_000)

    hot = keys_of(Hotspot(kind="hotspot", keys=1000, hot_keys=0.01, hot_requests=0.8), minutes, random)
    zipf = keys_of(Zipf(kind="zipf", keys=1000, alpha=1.0), minutes, random)
    drifting = Drifting(kind="drifting", keys=1000, alpha=1.0, turnover_min=30)
    before, after = (keys_of(drifting, minutes + minute, random) for minute in (0.0, 31.0))

    assert float((hot < 10).mean()) == pytest.approx(0.8, abs=0.02)
    assert float((zipf == 0).mean()) == pytest.approx(1 / sum(1 / rank for rank in range(1, 1001)), abs=0.02)
    assert (int(zipf.min()), int(zipf.max()) < 1000) == (0, True)
    assert not set(before.tolist()) & set(after.tolist())
