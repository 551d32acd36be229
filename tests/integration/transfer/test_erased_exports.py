"""Exports that Swell keeps, when records that they hold are erased."""

from functions.index_update.erasing.exports import ErasedExports
from shared.domain.collection import Collection
from shared.erasures.erasure import Erasure
from shared.transfers.transfer import Transfer, TransferState
from tests.builders.transfers import Bulk
from tests.integration.transfer.test_exports import export, some_records, write


def _erasure(collection: Collection) -> Erasure:
    return Erasure("an-erasure", collection.name, collection.uid, 1, {0: "an-event"})


def _exports(bulk: Bulk) -> ErasedExports:
    return ErasedExports(bulk.adapters.state, bulk.adapters.files)


def _kept(bulk: Bulk) -> set[str]:
    return {path.name for path in (bulk.files / "exports").glob("*.parquet")}


def _name(transfer: Transfer) -> str:
    return f"c-{transfer.id}.parquet"


def test_kept_exports_of_older_versions_are_removed(bulk: Bulk) -> None:
    """Those of the version without the records, and of later ones, stay; and what a user was given is theirs."""
    collection = bulk.declare()
    write(bulk, some_records(3))
    older, given = export(bulk, None), export(bulk, "file:mine.parquet")
    write(bulk, some_records(4))
    newer = export(bulk, None)
    before = _kept(bulk)

    running = _exports(bulk)(_erasure(collection), 0, version=2)

    assert {_name(older), _name(newer)} == before
    assert running == 0
    assert {_name(newer)} == _kept(bulk)
    assert TransferState.DONE is given.state
    assert (bulk.files / "mine.parquet").exists()


def test_looking_twice_finds_nothing_more(bulk: Bulk) -> None:
    """What is gone is gone: a look that was repeated after a crash is no error."""
    collection = bulk.declare()
    write(bulk, some_records(3))
    export(bulk, None)

    counts = [_exports(bulk)(_erasure(collection), 0, version=9) for _ in range(2)]

    assert counts == [0, 0]
    assert set() == _kept(bulk)


def test_an_export_that_still_runs_counts_as_left(bulk: Bulk) -> None:
    """Also one that has not chosen its version yet: it may be about to read an old one. Ended, it is removed."""
    collection = bulk.declare()
    write(bulk, some_records(20))
    waiting = bulk.start.start_export("c", None, None)
    exports = _exports(bulk)

    while_running = exports(_erasure(collection), 0, version=9)
    bulk.run()
    done = _kept(bulk)
    after = exports(_erasure(collection), 0, version=9)

    assert (1, 0) == (while_running, after)
    assert {_name(waiting)} == done
    assert set() == _kept(bulk)


def test_other_collections_keep_their_exports(bulk: Bulk) -> None:
    """Also one that has the name now: the incarnation counts."""
    bulk.declare()
    write(bulk, some_records(3))
    kept = export(bulk, None)
    stranger = Erasure("an-erasure", "c", "another-uid", 1, {0: "an-event"})

    assert 0 == _exports(bulk)(stranger, 0, version=9)
    assert {_name(kept)} == _kept(bulk)
