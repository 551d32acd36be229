"""What every object store does when several write at once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event

from shared.ports.objects import GenerationMismatch, ObjectStore


def test_of_many_that_create_one_wins(objects: ObjectStore) -> None:
    """A name is a lock, and what stands there is what the winner wrote."""
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: _creates(objects, number), range(8)))

    assert 1 == won.count(True)
    assert str(won.index(True)).encode() == objects.read("lock")


def test_compare_and_set_loses_no_update(objects: ObjectStore) -> None:
    """Four threads that append one byte, five times each, make twenty."""
    objects.put("n", b"")

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(_append_five, objects) for _ in range(4)]:
            future.result()

    assert b"x" * 20 == objects.read("n")


def test_a_reader_sees_all_of_an_object_or_none(objects: ObjectStore) -> None:
    """While it is written again and again, with other sizes, every read is of one write."""
    contents = [bytes([value]) * size for value, size in ((1, 300_000), (2, 10), (3, 900_000))]
    objects.put("n", contents[0])
    done = Event()

    def write() -> None:
        for content in contents * 4:
            objects.put("n", content)
        done.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        seen = [objects.read("n")]
        while not done.is_set() and not writing.done():
            seen.append(objects.read("n"))
        writing.result()

    assert set(seen) <= set(contents)


def _creates(objects: ObjectStore, number: int) -> bool:
    try:
        objects.put("lock", str(number).encode(), if_generation=0)
    except GenerationMismatch:
        return False
    return True


def _append_five(objects: ObjectStore) -> None:
    for _ in range(5):
        for _attempt in count():
            found = objects.stat("n")
            assert found is not None
            content = objects.read("n")
            try:
                objects.put("n", content + b"x", if_generation=found.generation)
            except GenerationMismatch:
                continue
            break
