"""Keys in the state store: made, listed, revoked; each act leaves an audit document in the same batch."""

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from shared.auth.api_key import new_api_key
from shared.auth.key_record import KEYS, Grant, KeyRecord, key_document
from shared.errors import NotFound, RevisionConflict
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, PreconditionFailed, Put, StateStore

AUDIT_KEPT_FOR: Final = timedelta(days=400)  # as long as Google keeps its own admin activity logs
_PAGE: Final = 500


class KeyStore:
    """The keys of one deployment."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def create(self, grant: Grant, by: str) -> tuple[KeyRecord, str]:
        """A new key, and its text, which is nowhere kept."""
        key, now = new_api_key(), self._clock.now()
        record = KeyRecord(key.id, key.sha256, grant, now, by)
        self._state.commit(
            [Put(key_document(key.id), record.to_document(), if_version=ABSENT), _audit("key created", record, now, by)]
        )
        return record, key.text

    def find(self, key_id: str) -> KeyRecord | None:
        """The key of this id, also one that was revoked."""
        document = self._state.get(key_document(key_id))
        return None if document is None else KeyRecord.from_document(key_id, document.data)

    def any(self) -> bool:
        """Whether there ever was a key."""
        return bool(self._state.list(KEYS, limit=1))

    def list(self) -> list[KeyRecord]:
        """Every key, the revoked ones too, by id."""
        records: list[KeyRecord] = []
        while page := self._state.list(KEYS, after=records[-1].id if records else "", limit=_PAGE):
            records += [KeyRecord.from_document(document.id, document.data) for document in page]
            if len(page) < _PAGE:
                break
        return records

    def revoke(self, key_id: str, by: str) -> KeyRecord:
        """The key, from now on good for nothing; instances that know it learn of it within seconds.

        Raises:
            NotFound: there is no key of this id.
            RevisionConflict: another process changed it at the same moment.
        """
        document = self._state.get(key_document(key_id))
        if document is None:
            raise NotFound(f"key {key_id!r} does not exist")
        now = self._clock.now()
        record = KeyRecord.from_document(key_id, document.data).revoked(now, by)
        try:
            self._state.commit(
                [
                    Put(document.path, record.to_document(), if_version=document.version),
                    _audit("key revoked", record, now, by),
                ]
            )
        except PreconditionFailed:
            raise RevisionConflict(f"key {key_id!r} was changed by another process; try again") from None
        return record


def _audit(act: str, record: KeyRecord, now: datetime, by: str) -> Put:
    content = {"act": act, "key": record.id, "tenant": record.grant.tenant, "by": by, "at": now.isoformat()}
    return Put(f"audit/{now:%Y%m%dT%H%M%S}-{uuid4().hex[:12]}", content, expires_at=now + AUDIT_KEPT_FOR)
