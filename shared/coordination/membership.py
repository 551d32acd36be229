"""Who is there: heartbeats of this region, and a look at all of them."""

from collections.abc import Iterator
from dataclasses import replace

from shared.coordination.member import Member, Presence, Report, heard
from shared.coordination.races import retry_lost_races
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, Document, Put, StateStore
from shared.regions.paths import REGIONS, region_document


class Membership:
    """The members in the state store. Each document is written for its own region only, by whichever instance runs."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def beat(self, report: Report, *, anew: bool = False) -> Member:
        """Be heard; `anew`: this region has just started, whatever its document says.

        Raises:
            RevisionConflict: other instances of this region kept writing; it was heard.
        """
        return retry_lost_races(lambda: self._try_beat(report, anew=anew), f"heartbeat of {report.region}")

    def drain(self, region: str, *, is_draining: bool) -> bool:
        """Have a region get no traffic, or get it again; False where there is no such member."""
        return retry_lost_races(lambda: self._try_drain(region, is_draining=is_draining), f"draining of {region}")

    def get(self, region: str) -> Member | None:
        """One member."""
        document = self._state.get(region_document(region))
        return _member(document)

    def all(self) -> list[Member]:
        """Everyone who was ever heard, by name."""
        return list(self._listed())

    def live(self) -> dict[str, int]:
        """The incarnation of everyone who is not thought gone."""
        now = self._clock.now()
        return {m.region: m.incarnation for m in self._listed() if m.presence(now) is not Presence.DOWN}

    def _listed(self) -> Iterator[Member]:
        for document in self._state.list(REGIONS):
            member = _member(document)
            if member is not None:
                yield member

    def _try_beat(self, report: Report, *, anew: bool) -> Member:
        document = self._state.get(region_document(report.region))
        member = heard(_member(document), report, self._clock.now(), anew=anew)
        condition = ABSENT if document is None else document.version
        self._state.commit([Put(region_document(report.region), member.to_document(), if_version=condition)])
        return member

    def _try_drain(self, region: str, *, is_draining: bool) -> bool:
        document = self._state.get(region_document(region))
        member = _member(document)
        if document is None or member is None:
            return False
        if member.is_draining != is_draining:
            changed = replace(member, is_draining=is_draining)
            self._state.commit([Put(document.path, changed.to_document(), if_version=document.version)])
        return True


def _member(document: Document | None) -> Member | None:
    """None also for a document that somebody else left there without a heartbeat."""
    return Member.from_document(document) if document is not None and "incarnation" in document.data else None
