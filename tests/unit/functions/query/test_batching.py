"""Searches that are there together become one call, and stay apart in everything else."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pytest

from functions.query.batching import IN_THREAD_S, ON_LOOP_S, Batcher
from shared.domain.collection import Collection, Metric
from shared.domain.versions import VersionVector
from shared.errors import SwellError
from shared.index.answers import Answer, Match
from shared.reads.heads import Freshness
from shared.reads.service import Question, Read, Search
from shared.reads.snapshots import OpenCollection
from shared.serving.deadline import Deadline
from shared.serving.errors import DeadlineExceeded
from shared.serving.priority import Priority
from tests.fakes.monotonic import ManualSeconds

OPENED = OpenCollection(Collection("c", "uid", 1, Metric.COSINE), ())
READ = Read("c", Freshness(1.0, VersionVector({})))


def _question(value: float, **search: Any) -> Question:
    asked = Search([], None, **{"top_k": 3, "recall": 0.95, **search})
    queries = np.array([[value]], np.float32)
    text = None if asked.filter is None else str(asked.filter).encode()
    return Question(OPENED, READ, asked, queries, None, text, asked.top_k)


class _Engine:
    """Answers each query with `top_k` matches that bear its value; takes time by a manual clock."""

    def __init__(self, seconds: ManualSeconds, each_s: float = 0.0001, fails_on: float | None = None) -> None:
        self.calls: list[list[float]] = []
        self.threads: set[int] = set()
        self._seconds, self._each_s, self._fails_on = seconds, each_s, fails_on

    def __call__(self, question: Question) -> Answer:
        values = question.queries[:, 0].tolist()
        self.calls.append(values)
        self.threads.add(threading.get_ident())
        self._seconds.advance(self._each_s * len(values))
        if self._fails_on in values:
            raise SwellError("one of them is bad")
        matches = [[Match(f"{value:g}.{place}", 0.0) for place in range(question.top_k)] for value in values]
        return Answer(matches, "exact", question.search.recall)


def _deadline(seconds: ManualSeconds, in_s: float = 60.0) -> Deadline:
    return Deadline(seconds() + in_s, round(in_s * 1000), seconds)


async def _ask(batcher: Batcher, seconds: ManualSeconds, questions: Sequence[Question]) -> list[Any]:
    asked = [batcher.search(question, _deadline(seconds)) for question in questions]
    return await asyncio.gather(*asked, return_exceptions=True)


def _run(engine_of: Callable[[ManualSeconds], _Engine], questions: Sequence[Question]) -> tuple[list[Any], _Engine]:
    seconds = ManualSeconds()
    engine = engine_of(seconds)
    batcher = Batcher(engine=engine, monotonic_s=seconds)

    async def course() -> list[Any]:
        await _ask(batcher, seconds, [_question(-1)])  # from now on it is known what a query costs
        engine.calls.clear()
        engine.threads.clear()
        return await _ask(batcher, seconds, questions)

    return asyncio.run(course()), engine


def test_what_is_there_together_is_one_call() -> None:
    """Each gets its own answer, in the length it asked for."""
    questions = [_question(value, top_k=top_k) for value, top_k in [(1, 2), (2, 3), (3, 2)]]

    answers, engine = _run(_Engine, questions)

    assert [[1.0, 2.0, 3.0]] == engine.calls
    assert [["1.0", "1.1"], ["2.0", "2.1", "2.2"], ["3.0", "3.1"]] == [
        [match.id for match in answer.matches[0]] for answer in answers
    ]


@pytest.mark.parametrize(
    "other", [{"recall": 1.0}, {"filter": {"eq": {"a": 1}}}, {"top_k": 900}], ids=["recall", "filter", "top_k"]
)
def test_what_cannot_share_a_product_is_apart(other: dict[str, Any]) -> None:
    """Another recall, filter or magnitude of `top_k` is another call."""
    answers, engine = _run(_Engine, [_question(1), _question(2, **other), _question(3)])

    assert [[1.0, 3.0], [2.0]] == engine.calls
    assert other.get("recall", 0.95) == answers[1].recall_target


def test_what_many_ask_at_once_is_sought_once() -> None:
    """Each has the whole answer, in the length it asked for."""
    asked = [_question(value, top_k=top_k) for value, top_k in [(1, 2), (2, 2), (1, 3), (1, 2)]]

    answers, engine = _run(_Engine, asked)

    assert [[1.0, 2.0]] == engine.calls
    assert [["1.0", "1.1"], ["2.0", "2.1"], ["1.0", "1.1", "1.2"], ["1.0", "1.1"]] == [
        [match.id for match in answer.matches[0]] for answer in answers
    ]


def test_one_bad_query_fails_alone() -> None:
    """Its neighbours are asked again, each for itself."""
    answers, _ = _run(lambda seconds: _Engine(seconds, fails_on=2), [_question(value) for value in (1, 2, 3)])

    assert [False, True, False] == [isinstance(answer, SwellError) for answer in answers]


def test_a_call_on_the_loop_takes_what_fits() -> None:
    """The event loop is not given away for long."""
    _, engine = _run(lambda seconds: _Engine(seconds, ON_LOOP_S / 5.5), [_question(value) for value in range(12)])

    assert {threading.get_ident()} == engine.threads
    assert [5, 5, 2] == [len(call) for call in engine.calls]


def test_very_many_short_searches_stay_on_the_loop() -> None:
    """It looks after its sockets between calls, as often as a refusal needs."""
    seconds, turns = ManualSeconds(), []
    engine = _Engine(seconds, ON_LOOP_S / 5.5)
    batcher = Batcher(engine=engine, monotonic_s=seconds)

    async def course() -> None:
        await _ask(batcher, seconds, [_question(-1)])
        asked = asyncio.ensure_future(_ask(batcher, seconds, [_question(value) for value in range(60)]))
        while not asked.done():
            await asyncio.sleep(0)
            turns.append(len(engine.calls))

    asyncio.run(course())
    assert {threading.get_ident()} == engine.threads
    assert max(map(len, engine.calls)) <= 5
    between = [len(list(same)) for _, same in groupby(turns)][1:-1]
    assert len(between) > 3
    assert min(between) > 3


def test_searches_keep_up_with_what_the_loop_does_beside_them() -> None:
    """A crowd that is only refused takes half of the time, however much it is: the rest goes to answers."""
    seconds = ManualSeconds()
    engine = _Engine(seconds, ON_LOOP_S / 4)
    batcher = Batcher(engine=engine, monotonic_s=seconds)
    refusing_s = 5 * ON_LOOP_S
    refused: list[float] = []

    async def refuse() -> None:
        while True:
            refused.append(seconds())
            seconds.advance(refusing_s)
            await asyncio.sleep(0)

    async def course() -> float:
        await _ask(batcher, seconds, [_question(-1)])
        crowd = asyncio.create_task(refuse())
        began_s = seconds()
        await _ask(batcher, seconds, [_question(value) for value in range(200)])
        crowd.cancel()
        return seconds() - began_s

    took_s = asyncio.run(course())
    assert took_s <= 2.5 * 200 * ON_LOOP_S / 4
    assert max(np.diff(refused)) <= 2 * refusing_s + 2 * ON_LOOP_S


def test_long_searches_leave_the_loop() -> None:
    """They run in threads, a bounded batch each."""
    _, engine = _run(lambda seconds: _Engine(seconds, IN_THREAD_S / 4), [_question(value) for value in range(40)])

    assert threading.get_ident() not in engine.threads
    assert 40 == sum(map(len, engine.calls))
    assert max(map(len, engine.calls)) <= 4


def test_what_nobody_waits_for_is_not_done() -> None:
    """Past its deadline a query is dropped before the engine sees it."""
    seconds = ManualSeconds()
    engine = _Engine(seconds)
    batcher = Batcher(engine=engine, monotonic_s=seconds)

    async def course() -> list[Any]:
        late = batcher.search(_question(1), _deadline(seconds, in_s=-1))
        other = batcher.search(_question(2), _deadline(seconds))
        return list(await asyncio.gather(late, other, return_exceptions=True))

    late, other = asyncio.run(course())
    assert (True, "2.0", [[2.0]]) == (isinstance(late, DeadlineExceeded), other.matches[0][0].id, engine.calls)


def test_the_more_important_goes_first() -> None:
    """Also within a collection, when not all fit into one call."""
    seconds = ManualSeconds()
    engine = _Engine(seconds, IN_THREAD_S)
    batcher = Batcher(engine=engine, monotonic_s=seconds)

    async def course() -> None:
        await _ask(batcher, seconds, [_question(-1)])
        engine.calls.clear()
        asked = [
            *((10 + number, Priority.LOW) for number in range(5)),
            *((20 + number, Priority.NORMAL) for number in range(3)),
            (30, Priority.CRITICAL),
        ]
        deadline = _deadline(seconds)
        await asyncio.gather(*(batcher.search(_question(value), deadline, priority) for value, priority in asked))

    asyncio.run(course())
    assert [[30, 20, 21, 22], [10, 11, 12, 13], [14]] == engine.calls


def test_batching_can_be_turned_off() -> None:
    """For comparison."""
    seconds = ManualSeconds()
    engine = _Engine(seconds)
    batcher = Batcher(most=1, engine=engine, monotonic_s=seconds)

    asyncio.run(_ask(batcher, seconds, [_question(1), _question(2)]))

    assert [[1.0], [2.0]] == engine.calls


def test_a_defect_reaches_those_who_asked() -> None:
    """An unexpected error ends no other batch and not the loop."""
    seconds = ManualSeconds()
    engine = _Engine(seconds)

    def broken(question: Question) -> Answer:
        if question.search.recall == 1.0:
            raise ZeroDivisionError
        return engine(question)

    batcher = Batcher(engine=broken, monotonic_s=seconds)

    answers = asyncio.run(_ask(batcher, seconds, [_question(1, recall=1.0), _question(2)]))

    assert (True, "2.0") == (isinstance(answers[0], ZeroDivisionError), answers[1].matches[0][0].id)


def test_a_request_of_many_queries_gives_way_between_calls() -> None:
    """What is more important and comes later is answered before the rest of it; the answers keep their order."""
    seconds = ManualSeconds()
    engine = _Engine(seconds, IN_THREAD_S / 4)
    batcher = Batcher(engine=engine, monotonic_s=seconds)

    async def course() -> Answer:
        await _ask(batcher, seconds, [_question(-1)])
        engine.calls.clear()
        many = replace(_question(0), queries=np.arange(12, dtype=np.float32).reshape(12, 1))
        bulk = asyncio.ensure_future(batcher.search(many, _deadline(seconds), Priority.LOW))
        await asyncio.sleep(0)
        await batcher.search(_question(99), _deadline(seconds), Priority.CRITICAL)
        return await bulk

    answer = asyncio.run(course())
    assert [f"{place}.0" for place in range(12)] == [matches[0].id for matches in answer.matches]
    assert 99.0 not in engine.calls[-1]


def test_the_rest_of_a_request_that_failed_is_not_done() -> None:
    """Nobody waits for it."""
    seconds = ManualSeconds()
    engine = _Engine(seconds, IN_THREAD_S, fails_on=0)
    batcher = Batcher(engine=engine, monotonic_s=seconds)

    async def course() -> None:
        await _ask(batcher, seconds, [_question(-1)])
        many = replace(_question(0), queries=np.arange(50, dtype=np.float32).reshape(50, 1))
        with pytest.raises(SwellError):
            await batcher.search(many, _deadline(seconds))
        await batcher.search(_question(99), _deadline(seconds))

    asyncio.run(course())
    assert 49.0 not in {value for call in engine.calls for value in call}
