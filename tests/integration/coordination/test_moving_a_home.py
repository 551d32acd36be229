"""A home is moved over HTTP, as a workflow does it, with the functions that write and vote."""

from datetime import timedelta
from pathlib import Path

import pytest

from functions.index_update.home_check import HomeElsewhere
from shared.coordination.ballots import Ballots
from shared.coordination.forced_moves import ForcedMoves, Order
from shared.coordination.home_moves import FENCE, Step
from shared.coordination.leases import Leases
from shared.coordination.membership import Membership
from shared.coordination.paths import forced_move_document
from shared.domain.paths import head_document
from shared.domain.versions import VersionVector
from shared.errors import Conflict, RevisionConflict
from shared.events.codec import from_message
from shared.events.coordination import BallotDecidedV1, BallotOpenedV1, HomeMovedV1
from shared.ports.state import Delete, PreconditionFailed, Put
from shared.reads.heads import Freshness
from shared.reads.service import Read
from shared.regions.paths import regional_head_document
from tests.integration.coordination.deployment import HEIR, HOME, Deployment


@pytest.fixture
def world(tmp_path: Path) -> Deployment:
    """Two regions, one of them with a version that the other has too."""
    deployment = Deployment(tmp_path)
    deployment.beat()
    deployment.write("first", 1.0)
    deployment.commit()
    deployment.copy()
    return deployment


def lease(world: Deployment) -> dict[str, object]:
    """The lease that steps are done under."""
    taken = world.post("leases/homes", {"holder": "run-1"})
    return {"lease": "homes", "fencing_token": taken["fencing_token"]}


def test_where_every_region_has_an_index_update_each_commits_only_what_is_at_home_there(world: Deployment) -> None:
    """Before the move the heir refuses, after it the old home: the write is committed once, where the home is."""
    world.open("b1", is_planned=True)
    world.vote()
    world.write("second", 2.0)
    with pytest.raises(HomeElsewhere):
        world.commit(by=HEIR)
    world.commit(by=HOME)
    world.copy()
    assert world.post("ballots/b1/promote", lease(world))["is_done"]

    world.write("third", 3.0)
    with pytest.raises(HomeElsewhere):
        world.commit(by=HOME)
    world.commit(by=HEIR)

    head = world.head()
    assert (head.version, head.home and head.home.region) == (3, HEIR)


def test_a_planned_move_loses_no_write_and_needs_no_pause_but_the_fence(world: Deployment) -> None:
    """Vote, fence, catch up, promote, announce, close; what was written meanwhile commits in the new home."""
    opened = world.open("b1", is_planned=True)
    assert (opened["proposal"]["to_region"], opened["outcome"]) == (HEIR, None)
    world.vote()
    decided = world.get("ballots/b1")
    assert (decided["outcome"], decided["approvals"]) == ("accepted", 2)
    held = lease(world)

    world.write("second", 2.0)
    world.commit()
    behind = world.post("ballots/b1/promote", held)
    assert (behind["is_done"], behind["versions_behind"]) == (False, 1)

    fenced = world.post("ballots/b1/fence", held)
    assert fenced["collections"] == [
        {"collection": "c", "step": "fenced", "home": HOME, "epoch": 1, "versions_behind": 0, "behind_s": 0.0}
    ]
    world.write("third", 3.0)
    with pytest.raises(RevisionConflict):
        world.commit()
    world.copy()
    moved = world.post("ballots/b1/promote", held)
    assert (moved["is_done"], moved["collections"][0]["step"], moved["collections"][0]["epoch"]) == (True, "moved", 2)

    world.commit()
    head = world.head()
    assert (head.version, head.home and head.home.region) == (3, HEIR)
    assert head.manifest is not None
    assert world.buckets[HEIR].stat(head.manifest) is not None
    assert world.buckets[HOME].stat(head.manifest) is None
    assert world.get(f"regions/{HEIR}")["versions_others_lack"] == {HOME: 1}
    again = world.post("ballots/b1/promote", held)
    assert again["collections"][0]["step"] == "moved_before"
    assert world.post("ballots/b1/close")["closed_at"] is not None
    world.post("leases/homes/release", {"fencing_token": held["fencing_token"]}, 204)
    world.post("ballots/b1/promote", held, 409)


def test_a_failover_is_accepted_by_those_who_see_the_home_gone(world: Deployment) -> None:
    """While it is heard it is refused; once it is silent for long enough the rest is the electorate."""
    world.open("too-soon", to_region=HEIR)
    world.vote()
    assert world.get("ballots/too-soon")["outcome"] == "rejected"
    assert {vote["reason"] for vote in world.get("ballots/too-soon")["votes"]} == {"home_is_live"}

    world.clock.advance(timedelta(minutes=4))
    world.beat(HEIR)
    opened = world.open("b1")
    world.vote()
    moved = world.post("ballots/b1/promote", lease(world))

    assert list(opened["electorate"]) == [HEIR]
    assert (moved["is_done"], moved["versions_behind"], moved["collections"][0]["home"]) == (True, 0, HEIR)
    world.write("after", 4.0)
    world.commit()
    assert world.head().version == 2
    assert world.get("regions")["regions"][0]["presence"] == "live"
    assert world.get("regions")["regions"][1]["presence"] == "down"


def test_a_ballot_that_was_not_accepted_moves_nothing(world: Deployment) -> None:
    """Nor one that is still open, nor a lease that somebody else has taken."""
    world.open("b1", is_planned=True)
    held = lease(world)
    world.post("ballots/b1/promote", held, 409)
    world.vote()
    world.post("leases/homes", {"holder": "run-1"})
    refused = world.post("ballots/b1/promote", held, 409)

    assert refused["type"].endswith("/lease_lost")
    assert world.head().home is None


def test_a_fence_that_is_forgotten_ends_by_itself(world: Deployment) -> None:
    """A workflow that died leaves writes waiting for two minutes, and then they commit where they did."""
    world.open("b1", is_planned=True)
    world.vote()
    world.post("ballots/b1/fence", lease(world))
    world.write("late", 5.0)
    with pytest.raises(RevisionConflict):
        world.commit()

    world.clock.advance(FENCE)
    world.commit()

    head = world.head()
    assert head.home is not None
    assert (head.version, head.home.region) == (2, HOME)


def test_fencing_again_makes_a_fence_last_longer(world: Deployment) -> None:
    """For a heir that needs more than two minutes; the epoch stays, as nothing could commit meanwhile."""
    world.open("b1", is_planned=True)
    world.vote()
    held = lease(world)
    first = world.post("ballots/b1/fence", held)
    world.clock.advance(FENCE * 0.75)
    second = world.post("ballots/b1/fence", held)
    world.clock.advance(FENCE * 0.75)
    world.write("late", 6.0)

    assert [moves["collections"][0]["epoch"] for moves in (first, second)] == [1, 1]
    with pytest.raises(RevisionConflict):
        world.commit()


def test_a_ballot_on_everything_leaves_alone_what_never_was_there(world: Deployment) -> None:
    """A collection that was at home in the heir before is not told of as moved."""
    world.open("b1", is_planned=True)
    world.vote()
    world.post("ballots/b1/promote", lease(world))
    world.open("b2", is_planned=True, to_region=HEIR)
    world.vote()

    assert world.post("ballots/b2/promote", lease(world)) == {
        "is_done": True,
        "versions_behind": 0,
        "behind_s": 0.0,
        "collections": [],
    }


def test_what_was_decided_is_announced_with_the_same_identity_every_time(world: Deployment) -> None:
    """Opened, decided, moved; a step that is done again says the same."""
    world.open("b1", is_planned=True)
    world.open("b1", is_planned=True)
    published = [from_message(m.data, m.attributes) for m in world.publisher.take("coordination")]
    world.open("b1", is_planned=True)
    world.vote()
    held = lease(world)
    world.post("ballots/b1/promote", held)
    world.post("ballots/b1/promote", held)
    published += [from_message(m.data, m.attributes) for m in world.publisher.take("coordination")]

    by_type: dict[type, set[str]] = {}
    for event in published:
        by_type.setdefault(type(event), set()).add(event.event_id)
    assert {kind: len(ids) for kind, ids in by_type.items()} == {BallotOpenedV1: 1, BallotDecidedV1: 1, HomeMovedV1: 1}


def test_a_vote_is_cast_at_the_next_tick_where_the_announcement_was_lost(world: Deployment) -> None:
    """And voting again on a repeated announcement changes nothing."""
    world.open("b1", is_planned=True)
    [message] = world.publisher.take("coordination")
    world.beat()
    before = world.get("ballots/b1")

    opened = from_message(message.data, message.attributes)
    assert isinstance(opened, BallotOpenedV1)
    world.agents[HOME].ballot_opened(opened)

    assert before["outcome"] == "accepted"
    assert world.get("ballots/b1") == before


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("ballots", {"id": "b", "proposer": "x", "proposal": {"kind": "move_home", "from_region": "mars1"}}, "mars1"),
        ("ballots", {"id": "B!", "proposer": "x", "proposal": {"kind": "emergency_stop", "spent_share": 1}}, "id"),
        ("ballots", {"id": "b", "proposer": "x", "proposal": {"kind": "coup"}}, "proposal"),
        ("ballots", {"id": "b", "proposer": "x", "lasts_s": 0, "proposal": {"kind": "coup"}}, "lasts_s"),
        ("leases/x", {"holder": "x", "ttl_s": 3601}, "ttl_s"),
        ("leases/x/renew", {"fencing_token": 0}, "fencing_token"),
        ("ballots/b/vote", {"region": HOME, "approves": "yes"}, "approves"),
    ],
)
def test_what_is_not_allowed_is_named(world: Deployment, path: str, body: dict[str, object], field: str) -> None:
    """Field, value, and what is allowed."""
    problem = world.post(path, body, 400)

    assert any(field in error["field"] + error["value"] for error in problem["errors"])


def test_operators_drain_speak_and_look(world: Deployment) -> None:
    """A region that drains is not an heir; a vote for a region counts once."""
    assert world.post(f"regions/{HEIR}/drain")["is_draining"]
    assert (
        "no live region"
        in world.post(
            "ballots",
            {"id": "b1", "proposer": "x", "proposal": {"kind": "move_home", "from_region": HOME}},
            409,
        )["detail"]
    )
    world.post(f"regions/{HEIR}/drain", {"is_draining": False})
    world.open("b1", is_planned=True)

    votes = [world.post("ballots/b1/vote", {"region": region, "approves": True}) for region in (HOME, HOME, HEIR)]
    late = world.post("ballots/b1/vote", {"region": HEIR, "approves": False})

    assert [vote["standing"] for vote in votes] == ["counted"] * 3
    assert (votes[-1]["ballot"]["outcome"], late["standing"]) == ("accepted", "too_late")
    assert [ballot["id"] for ballot in world.get("ballots")["ballots"]] == ["b1"]
    described = world.get(f"regions/{HOME}")
    assert (described["health_score"], described["load"], described["versions_others_lack"]) == (
        100,
        {"streams": 640.0, "p99_ms": 12.0},
        {HEIR: 0},
    )
    world.post("ballots/nope/vote", {"region": HOME, "approves": True}, 404)
    world.post("regions/nowhere/drain", None, 404)


def test_a_late_write_finds_the_updates_that_the_old_home_took(world: Deployment) -> None:
    """Their journal is in the old home's bucket; the write lies below them, wherever it commits."""
    world.pipeline.upsert_record("r", [5.0, 5.0], {"first": 1.0, "second": 1.0})
    late = world.publisher.take("mutations")
    world.clock.advance(timedelta(seconds=1))
    world.pipeline.update("r", {"first": 2.0})
    world.commit()
    world.copy()
    world.open("b1", is_planned=True)
    world.vote()
    assert world.post("ballots/b1/promote", lease(world))["is_done"]

    world.publisher.publish(late)
    world.commit(by=HEIR)

    manifest = world.head().manifest
    assert manifest is not None
    assert world.buckets[HOME].stat(manifest) is None
    found = world.reads(HEIR).fetch(newest(attributes=True), ["r"])[0][0]
    assert found is not None
    assert found.attributes == {"first": 2.0, "second": 1.0}


def test_standing_queries_and_exports_follow_a_home_that_moved(world: Deployment) -> None:
    """Each region reads its own copy; who belongs to no region reads what is committed, wherever it is."""
    world.open("b1", is_planned=True)
    world.vote()
    assert world.post("ballots/b1/promote", lease(world))["is_done"]
    world.write("second", 2.0)
    world.commit(by=HEIR)

    versions = {region: str(world.reads(region).open(newest()).version) for region in (HOME, HEIR)}

    assert versions == {HOME: "0:1", HEIR: "0:2"}
    anywhere = world.reads(None)
    assert str(anywhere.open(newest()).version) == "0:2"
    assert [record is not None for record in anywhere.fetch(newest(), ["first", "second"])[0]] == [True, True]


def newest(*, attributes: bool = False) -> Read:
    """All that is committed, as far as it is known."""
    return Read("c", Freshness(0.0, VersionVector({})), include_attributes=attributes)


def forced(world: Deployment) -> ForcedMoves:
    """What an operator's command carries out."""
    membership, leases = Membership(world.state, world.clock), Leases(world.state, world.clock)
    return ForcedMoves(world.state, world.clock, membership, leases, HOME, bucket=lambda region: world.buckets[region])


def test_a_home_whose_data_is_gone_is_left_by_force_with_the_loss_that_was_accepted(world: Deployment) -> None:
    """What the heir has goes on above every lost version; the old home comes back and is no second one."""
    world.write("lost", 2.0)
    world.commit()
    old = world.state.get(head_document("c", 0))
    assert old is not None
    world.clock.advance(timedelta(minutes=4))
    world.beat(HEIR)
    world.open("b1", to_region=HEIR)
    world.vote()
    held = lease(world)
    assert world.post("ballots/b1/promote", held)["versions_behind"] == 1
    moves, ballot = forced(world), Ballots(world.state, world.clock, Membership(world.state, world.clock)).get("b1")
    under = Leases(world.state, world.clock).held("homes", int(str(held["fencing_token"])))
    world.beat(HOME)  # back, without its data

    assert moves.loss(ballot, "c").versions == 1
    with pytest.raises(Conflict, match="1 versions would be lost, 0 were accepted"):
        moves.force(ballot, "c", under, Order("ada", 0))
    moved = moves.force(ballot, "c", under, Order("ada", 1))
    again = moves.force(ballot, "c", under, Order("ada", 0))

    head = world.head()
    assert (moved.step, again.step, moved.versions_behind) == (Step.MOVED, Step.MOVED_BEFORE, 1)
    assert (head.version, head.home and head.home.region, head.home and head.home.epoch) == (3, HEIR, 1)
    record = world.state.get(forced_move_document("b1", "c"))
    assert record is not None
    assert (record.data["operator"], record.data["versions"]) == ("ada", 1)

    with pytest.raises(PreconditionFailed):  # what the old home had under way
        world.state.commit([Put(old.path, old.data, if_version=old.version)])
    world.beat(HOME)
    world.write("after", 4.0)
    with pytest.raises(HomeElsewhere):
        world.commit(by=HOME)
    world.commit(by=HEIR)
    found = world.reads(HEIR).fetch(newest(), ["first", "lost", "after"])[0]
    assert [record is not None for record in found] == [True, False, True]
    assert world.state.get(regional_head_document(HOME, "c", 0)) is None  # it has to copy all anew


def test_a_shard_that_nobody_else_has_goes_on_empty(world: Deployment) -> None:
    """Every version of it is in the loss."""
    world.state.commit([Delete(regional_head_document(HEIR, "c", 0))])
    world.clock.advance(timedelta(minutes=4))
    world.beat(HEIR)
    world.open("b1", to_region=HEIR)
    world.vote()
    held = lease(world)
    moves, ballot = forced(world), Ballots(world.state, world.clock, Membership(world.state, world.clock)).get("b1")
    under = Leases(world.state, world.clock).held("homes", int(str(held["fencing_token"])))

    loss = moves.loss(ballot, "c")
    moves.force(ballot, "c", under, Order("ada", loss.versions))

    assert (loss.versions, loss.shards_without_copy, world.head().version) == (1, 1, 2)
    world.write("after", 4.0)
    world.commit(by=HEIR)
    assert [r is not None for r in world.reads(HEIR).fetch(newest(), ["first", "after"])[0]] == [False, True]
