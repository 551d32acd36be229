"""The ledger and the level as one state document, written by compare-and-set with what follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from functions.budget_enforcement.ledger import Billed, SpendLedger
from functions.budget_enforcement.serving_level import LevelState
from functions.budget_enforcement.unmeasured import Seen
from shared.budget.documents import LEDGER
from shared.domain.serving_mode import ServingMode
from shared.moments import moment_of, text_of
from shared.parsed_documents import ParsedDocuments
from shared.ports.state import ABSENT, Absent, Document, Put, StateStore


@dataclass(frozen=True)
class Kept:
    """What the last decision left, when it was made, and the version of its document.

    `seen` is what instances there may have been since the ledger was booked.
    `mode` is the serving mode that it made known: the level's, or that of the emergency stop; it holds `mode_since`.
    """

    ledger: SpendLedger | None
    level: LevelState
    mode: ServingMode
    decided_at: datetime | None
    version: str | Absent
    mode_since: datetime | None = None
    seen: tuple[Seen, ...] = ()


class LedgerStore:
    """One document; of two decisions at once, one counts."""

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._parsed = ParsedDocuments(_kept)

    def recall(self) -> Kept:
        """What is kept."""
        document = self._state.get(LEDGER)
        if document is None:
            return Kept(None, LevelState(), ServingMode.NORMAL, None, ABSENT)
        return self._parsed.of(document)

    def keep(self, before: Kept, after: Kept, also: Sequence[Put]) -> None:
        """Keep what was decided, and in the same commit what follows from it.

        Raises:
            PreconditionFailed: another decision was kept since it was recalled; nothing was written.
        """
        version, *_ = self._state.commit([Put(LEDGER, _data(after), if_version=before.version), *also])
        self._parsed.written(LEDGER, version, replace(after, version=version))

    def keep_ledger(self, before: Kept, ledger: SpendLedger, also: Sequence[Put]) -> None:
        """Change the ledger alone; what was decided stays. Raises as `keep`."""
        self.keep(before, replace(before, ledger=ledger), also)


def _kept(document: Document) -> Kept:
    data = document.data
    level = LevelState(ServingMode(data["level"]["mode"]), moment_of(data["level"]["relieved_since"]))
    mode = ServingMode(data["mode"])
    moments = moment_of(data["decided_at"]), moment_of(data.get("mode_since"))
    seen = tuple(Seen(datetime.fromisoformat(one["at"]), one["most"]) for one in data.get("seen", []))
    return Kept(_ledger(data["ledger"]), level, mode, moments[0], document.version, moments[1], seen)


def _data(kept: Kept) -> dict[str, Any]:
    assert kept.ledger is not None  # noqa: S101 - decided upon
    return {
        "ledger": _ledger_data(kept.ledger),
        "level": {"mode": int(kept.level.mode), "relieved_since": text_of(kept.level.relieved_since)},
        "mode": int(kept.mode),
        "mode_since": text_of(kept.mode_since),
        "decided_at": text_of(kept.decided_at),
        "seen": [{"at": text_of(one.at), "most": dict(one.most)} for one in kept.seen],
    }


def _ledger_data(ledger: SpendLedger) -> dict[str, Any]:
    billed = ledger.billed
    return {
        "booked_until": text_of(ledger.booked_until),
        "hour": ledger.hour,
        "day": ledger.day,
        "month": ledger.month,
        "rates": list(ledger.rates),
        "hours": [{"hour": text_of(hour), "micros": micros} for hour, micros in ledger.hours],
        "correction_ppm": ledger.correction_ppm,
        "begun_at": text_of(ledger.begun_at),
        "billed": None
        if billed is None
        else {
            "month": text_of(billed.month),
            "published_at": text_of(billed.published_at),
            "micros": billed.micros,
            "estimated_micros": billed.estimated_micros,
        },
    }


def _ledger(data: Mapping[str, Any]) -> SpendLedger:
    billed = data["billed"]
    hour, day, month = data["rates"]
    return SpendLedger(
        booked_until=datetime.fromisoformat(data["booked_until"]),
        hour=data["hour"],
        day=data["day"],
        month=data["month"],
        rates=(hour, day, month),
        hours=tuple((datetime.fromisoformat(one["hour"]), one["micros"]) for one in data["hours"]),
        correction_ppm=data["correction_ppm"],
        billed=None
        if billed is None
        else Billed(
            datetime.fromisoformat(billed["month"]),
            datetime.fromisoformat(billed["published_at"]),
            billed["micros"],
            billed["estimated_micros"],
        ),
        begun_at=moment_of(data.get("begun_at")),
    )
