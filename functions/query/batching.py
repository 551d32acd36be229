"""Searches of one collection that are there at the same time become one call of the engine.

A search never waits for company: the event loop hands over all requests that arrived while the last call ran, and what
is there then is one batch. An idle instance therefore answers as it would without batching, one turn of the loop later
(some 20 µs). Calls that are expected to be long run in a thread, so that the loop stays free to refuse and to admit;
short ones never do, however many there are: a thread beside a busy loop waits for the interpreter at every step.
"""

import asyncio
import os
import time
from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from shared.domain.limits import MAX_QUERIES_PER_REQUEST
from shared.errors import SwellError
from shared.index.answers import Answer
from shared.index.search import least_exact
from shared.metrics import Histogram
from shared.reads.service import Question, search_question
from shared.serving.deadline import Deadline
from shared.serving.errors import DeadlineExceeded
from shared.serving.priority import Priority

BATCH_SIZE: Final = Histogram(
    "swell_batch_size_queries", "Queries answered by one call of the engine", buckets=(1, 2, 4, 8, 16, 32, 64, 100)
)
ON_LOOP_S: Final = 0.002
"""One call on the event loop takes no longer, as far as can be known."""
TURN_S: Final = 0.002
"""So long the loop is given away before it looks after its sockets again: refusals are due within 5 ms."""
_LOOP_TURNS: Final = 3
"""Then the loop takes so many turns of its own, microseconds each: what it admits or refuses needs several."""
_LONGEST_TURN_S: Final = 0.020
"""Where the loop's own turns are long, because thousands are to be refused, searches get as much: up to this."""
IN_THREAD_S: Final = 0.010
"""A call in a thread takes what fits in this, so that nobody waits for a batch that grew too large."""
_EXPLORED: Final = 4
_REMEMBERED: Final = 1000

GroupKey = tuple[object, ...]


@dataclass(eq=False, slots=True)
class _Asked:
    question: Question
    deadline: Deadline
    priority: Priority
    answer: "asyncio.Future[Answer]"


@dataclass(eq=False, slots=True)
class _Group:
    """Questions that one matrix product can answer, the most important first."""

    asked: list[_Asked] = field(default_factory=list)
    is_running: bool = False


class Batcher:
    """Answers questions on the event loop that asks them. `most` = 1 turns batching off, for comparison."""

    def __init__(
        self,
        *,
        most: int = MAX_QUERIES_PER_REQUEST,
        engine: Callable[[Question], Answer] = search_question,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._engine = engine
        self._monotonic_s = monotonic_s
        self._groups: dict[GroupKey, _Group] = {}
        self._cost_s: OrderedDict[GroupKey, float] = OrderedDict()
        self._turn_is_due = False
        self._threads = 0
        self._most_threads = max(1, (os.cpu_count() or 1) - 1)  # one core is for the event loop

    async def search(self, question: Question, deadline: Deadline, priority: Priority = Priority.NORMAL) -> Answer:
        """The answer to a question. Its queries go one by one: between calls, what is more important goes first.

        Raises:
            DeadlineExceeded: the deadline passed before the turn of one of them came; the rest of them is dropped.
            SwellError: as the engine, for this question alone.
        """
        count = len(question.queries)
        if count == 1:
            return await self._enter(question, deadline, priority)
        each = [replace(question, queries=question.queries[place : place + 1]) for place in range(count)]
        entered = [self._enter(one, deadline, priority) for one in each]
        try:
            answers = await asyncio.gather(*entered)
        except BaseException:
            for answer in entered:
                answer.cancel()
            raise
        return replace(
            answers[0],
            matches=[answer.matches[0] for answer in answers],
            method=least_exact([answer.method for answer in answers]),
            recall_expected=min(answer.recall_expected for answer in answers),
        )

    def _enter(self, question: Question, deadline: Deadline, priority: Priority) -> "asyncio.Future[Answer]":
        asked = _Asked(question, deadline, priority, asyncio.get_running_loop().create_future())
        waiting = self._groups.setdefault(_group_key(question), _Group()).asked
        insort(waiting, asked, key=_less_important)  # among equals the first comes first
        self._plan_turn()
        return asked.answer

    def expected_s(self, question: Question) -> float:
        """What one query of this kind took lately; 0 where nothing is known."""
        return self._cost_s.get(_cost_key(question), 0.0)

    def _plan_turn(self) -> None:
        if not self._turn_is_due:
            self._turn_is_due = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self, turn_s: float = TURN_S) -> None:
        """Calls of the engine for as long as the loop may be given away; then it looks after its sockets."""
        self._turn_is_due = False
        called_s = began_s = self._monotonic_s()
        while True:
            key = self._next()
            if key is None:
                return  # nothing is left, or the end of a thread plans the next turn
            self._call(key)
            now_s = self._monotonic_s()
            if now_s - began_s + (now_s - called_s) > turn_s:
                break  # another call like the last would not fit
            called_s = now_s
        if self._groups and not self._turn_is_due:
            self._turn_is_due = True
            asyncio.get_running_loop().call_soon(self._turn_after, _LOOP_TURNS, now_s)

    def _turn_after(self, turns: int, since_s: float) -> None:
        away_s = self._monotonic_s() - since_s
        if turns and away_s < TURN_S:
            asyncio.get_running_loop().call_soon(self._turn_after, turns - 1, since_s)
        else:
            self._turn(min(max(TURN_S, away_s), _LONGEST_TURN_S))

    def _call(self, key: GroupKey) -> None:
        group = self._groups[key]
        expected_s, is_long = self._outlook(group)
        batch = self._take(group, expected_s, is_long=is_long)
        if batch and is_long:
            self._start_thread(key, group, batch)
        elif not group.asked:
            del self._groups[key]
        if batch and not is_long:
            self._run(batch)

    def _next(self) -> GroupKey | None:
        """The group with the most important question, among those that may begin now."""
        may_begin = [
            key
            for key, group in self._groups.items()
            if group.asked
            and not group.is_running
            and (self._threads < self._most_threads or not self._outlook(group)[1])
        ]
        if len(may_begin) <= 1:
            return may_begin[0] if may_begin else None
        return max(may_begin, key=lambda key: self._groups[key].asked[0].priority)

    def _outlook(self, group: _Group) -> tuple[float, bool]:
        """How long one query is expected to take, and whether that is too long for the event loop."""
        question = group.asked[0].question
        expected_s = self.expected_s(question)
        return expected_s, expected_s > ON_LOOP_S or question.opened.is_early

    def _take(self, group: _Group, expected_s: float, *, is_long: bool) -> list[_Asked]:
        """As many as fit, the most important first; those past their deadline are dropped."""
        fitting = int((IN_THREAD_S if is_long else ON_LOOP_S) / expected_s) if expected_s else _EXPLORED
        count = min(max(fitting, _EXPLORED if is_long else 1), self._most)
        batch, group.asked = group.asked[:count], group.asked[count:]
        return [asked for asked in batch if _is_awaited(asked)]

    def _start_thread(self, key: GroupKey, group: _Group, batch: list[_Asked]) -> None:
        self._threads += 1
        group.is_running = True
        running = asyncio.get_running_loop().run_in_executor(None, self._answers, batch)

        def done(answers: "asyncio.Future[list[Answer | SwellError]]") -> None:
            self._threads -= 1
            group.is_running = False
            if not group.asked:
                self._groups.pop(key, None)
            _deliver(batch, answers)
            self._plan_turn()

        running.add_done_callback(done)

    def _run(self, batch: list[_Asked]) -> None:
        answers: asyncio.Future[list[Answer | SwellError]] = asyncio.get_running_loop().create_future()
        try:
            answers.set_result(self._answers(batch))
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked, not to the loop
            answers.set_exception(error)
        _deliver(batch, answers)

    def _answers(self, batch: Sequence[_Asked]) -> list[Answer | SwellError]:
        """The answer or the error of each. If all together fail, each is asked alone: none fails for another."""
        began_s = self._monotonic_s()
        questions = [asked.question for asked in batch]
        try:
            answers: list[Answer | SwellError] = list(_together(questions, self._engine))
        except SwellError as error:
            answers = [error] if len(questions) == 1 else [self._alone(question) for question in questions]
        self._learn(questions[0], (self._monotonic_s() - began_s) / (max(_places(questions)) + 1))
        BATCH_SIZE.observe(len(questions))
        return answers

    def _alone(self, question: Question) -> Answer | SwellError:
        try:
            return self._engine(question)
        except SwellError as error:
            return error

    def _learn(self, question: Question, each_s: float) -> None:
        key = _cost_key(question)
        self._cost_s[key] = 0.8 * self._cost_s.get(key, each_s) + 0.2 * each_s
        while len(self._cost_s) > _REMEMBERED:
            self._cost_s.popitem(last=False)


def _less_important(asked: _Asked) -> int:
    return -asked.priority


def _group_key(question: Question) -> GroupKey:
    """What two questions must have in common to be answered by one matrix product."""
    read, search = question.read, question.search
    return (
        question.opened.identity,
        question.top_k.bit_length(),  # nobody pays for a neighbour's thousand
        search.recall,
        question.filter_text,
        read.include_attributes,
        read.include_vectors,
    )


def _cost_key(question: Question) -> GroupKey:
    return (
        question.opened.collection.uid,
        question.top_k.bit_length(),
        question.search.recall,
        question.filter_text is not None,
    )


def _together(questions: Sequence[Question], engine: Callable[[Question], Answer]) -> list[Answer]:
    if len(questions) == 1:
        return [engine(questions[0])]
    widest = max(questions, key=lambda question: question.top_k)
    places = _places(questions)
    once = {place: question.queries for place, question in zip(places, questions, strict=True)}
    answer = engine(replace(widest, queries=np.concatenate([once[place] for place in range(len(once))])))
    return [
        replace(answer, matches=[answer.matches[place][: question.top_k]])
        for place, question in zip(places, questions, strict=True)
    ]


def _places(questions: Sequence[Question]) -> list[int]:
    """Where each question's vector stands among those that differ: what a crowd asks at once is sought once."""
    known: dict[bytes, int] = {}
    return [known.setdefault(question.queries.tobytes(), len(known)) for question in questions]


def _is_awaited(asked: _Asked) -> bool:
    if asked.answer.done():
        return False
    try:
        asked.deadline.check()
    except DeadlineExceeded as error:
        asked.answer.set_exception(error)
        return False
    return True


def _deliver(batch: Sequence[_Asked], answers: "asyncio.Future[list[Answer | SwellError]]") -> None:
    failure = answers.exception()
    results = [failure] * len(batch) if failure is not None else answers.result()
    for asked, result in zip(batch, results, strict=True):
        if asked.answer.done():
            continue
        if isinstance(result, Answer):
            asked.answer.set_result(result)
        else:
            asked.answer.set_exception(result)
