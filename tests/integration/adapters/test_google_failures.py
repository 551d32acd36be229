"""What the Google adapters do when the service refuses, fails or cannot be reached."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from google.api_core.retry import Retry

from shared.adapters.google import objects as storage_adapter
from shared.adapters.google import publisher as pubsub_adapter
from shared.adapters.google import state as firestore_adapter
from shared.adapters.google.objects import GoogleObjects
from shared.adapters.google.publisher import GooglePublisher
from shared.adapters.google.state import FirestoreState
from shared.errors import DependencyUnavailable
from shared.ports.objects import GenerationMismatch, ObjectNotFound
from shared.ports.publisher import Message
from shared.ports.state import Delete, Put
from swell.local.server import free_port
from tests.integration.adapters.storage_stub import Failing, storage_stub

# The storage client leaves the answer of a download that failed to the garbage collector, socket and all.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The adapters' own policies, made for tests: the same errors, less time."""
    for adapter in (storage_adapter, pubsub_adapter, firestore_adapter):
        retry: Retry = adapter.RETRY
        monkeypatch.setattr(adapter, "RETRY", retry.with_delay(initial=0.01, maximum=0.02).with_timeout(0.3))
    yield
    gc.collect()


def bucket(failing: Failing, monkeypatch: pytest.MonkeyPatch) -> GoogleObjects:
    """The adapter on a stub."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", failing.url)
    return GoogleObjects("p", "b")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 408])
def test_a_put_is_repeated_when_the_service_refuses_for_load(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 is what a name gives that several write at once."""
    with storage_stub(Failing([(status, False), (status, False)])) as failing:
        store = bucket(failing, monkeypatch)
        stored = store.put("a/1", b"x", if_generation=0)
        store.close()

    assert 1 == stored.generation
    assert 3 == failing.uploads


def test_a_lost_answer_can_look_like_another_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The object is stored, the answer is lost, the repeated put finds it: whoever must know reads it back."""
    with storage_stub(Failing([(503, True)])) as failing:
        store = bucket(failing, monkeypatch)
        with pytest.raises(GenerationMismatch):
            store.put("a/1", b"x", if_generation=0)
        store.close()

    assert {"a/1": 1} == failing.stored


def test_a_service_that_stays_down_is_unavailability(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a bounded time, not for ever."""
    with storage_stub(Failing([(503, False)] * 1000)) as failing:
        store = bucket(failing, monkeypatch)
        with pytest.raises(DependencyUnavailable, match="a/1"):
            store.put("a/1", b"x")
        with pytest.raises(DependencyUnavailable, match="a/1"):
            store.read("a/1")
        store.close()

    assert 4 < failing.uploads < 1000


@pytest.mark.parametrize("status", [403, 400])
def test_a_refusal_that_stays_is_told_as_it_is(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing permission is not mended by waiting, and is not taken for a missing object."""
    with storage_stub(Failing([(status, False)])) as failing:
        store = bucket(failing, monkeypatch)
        with pytest.raises(Exception, match=str(status)) as raised:
            store.put("a/1", b"x")
        store.close()

    assert not isinstance(raised.value, DependencyUnavailable | ObjectNotFound | GenerationMismatch)
    assert 1 == failing.uploads


def objects_calls(directory: Path) -> dict[str, Callable[[GoogleObjects], object]]:
    """Every method of the object store."""
    return {
        "put": lambda store: store.put("a/1", b"x"),
        "read": lambda store: store.read("a/1"),
        "download": lambda store: store.download("a/1", directory / "copy"),
        "stat": lambda store: store.stat("a/1"),
        "list": lambda store: list(store.list("a/")),
        "delete": lambda store: store.delete("a/1"),
    }


@pytest.mark.parametrize("method", objects_calls(Path()))
def test_storage_that_cannot_be_reached_is_unavailability(
    method: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By every method; a download leaves no file."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{free_port()}")
    store = GoogleObjects("p", "b")

    with pytest.raises(DependencyUnavailable):
        objects_calls(tmp_path)[method](store)

    assert [] == list(tmp_path.iterdir())
    store.close()


STATE_CALLS: dict[str, Callable[[FirestoreState], object]] = {
    "get": lambda store: store.get("a/1"),
    "get_many": lambda store: store.get_many(["a/1", "a/2"]),
    "list": lambda store: store.list("a"),
    "put": lambda store: store.commit([Put("a/1", {})]),
    "delete": lambda store: store.commit([Delete("a/1")]),
}


@pytest.mark.parametrize("method", STATE_CALLS)
def test_firestore_that_cannot_be_reached_is_unavailability(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By every method."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    store = FirestoreState("p")

    with pytest.raises(DependencyUnavailable):
        STATE_CALLS[method](store)

    store.close()


def test_pubsub_that_cannot_be_reached_is_unavailability(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one topic and of several, and the publisher works on once it can: nothing of the failure remains."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    publisher = GooglePublisher("p")

    with pytest.raises(DependencyUnavailable, match="publish to"):
        publisher.publish([Message("topic", b"x", {}, "k")])
    with pytest.raises(DependencyUnavailable, match="publish to"):
        publisher.publish([Message("topic", b"x", {}, "k"), Message("other", b"x")])

    publisher.close()


@pytest.mark.emulators
def test_a_topic_that_is_not_there_is_unavailability(google_project: str) -> None:
    """It may be made meanwhile; what went to topics that exist has been published."""
    publisher = GooglePublisher(google_project)

    with pytest.raises(DependencyUnavailable, match="publish to missing"):
        publisher.publish([Message("missing", b"x")])

    publisher.close()
