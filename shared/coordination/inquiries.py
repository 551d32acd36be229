"""A question to regions, and what each answers in time: the question has an id, and every answer names it.

Question and answers are documents; the event only makes it quick. An answer is given once by each region, while
somebody waits for it: what comes after the deadline is not written.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.coordination.membership import Membership
from shared.coordination.paths import INQUIRIES, inquiry_answer, inquiry_answers, inquiry_document
from shared.errors import Conflict, NotFound
from shared.events.codec import to_message
from shared.events.coordination import InquiryOpenedV1
from shared.events.event import event_id_of
from shared.listing import listed
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.ports.state import ABSENT, Document, PreconditionFailed, Put, StateStore

KEPT_FOR: Final = timedelta(hours=1)
"""After the deadline, for whoever looks later."""


class Question(StrEnum):
    """What can be asked."""

    SIGHT = "sight"
    """Whom the region hears, and how far its copies are."""


@dataclass(frozen=True)
class Answer:
    """What one region said."""

    at: datetime
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Inquiry:
    """A question, who was there to be asked, and what came back."""

    id: str
    question: Question
    asked: tuple[str, ...]
    asked_at: datetime
    deadline: datetime
    answers: Mapping[str, Answer]

    def is_over(self, now: datetime) -> bool:
        """Whether nothing more will come."""
        return now > self.deadline or set(self.asked) <= set(self.answers)


class Inquiries:
    """All questions."""

    def __init__(self, state: StateStore, clock: Clock, membership: Membership, publisher: Publisher) -> None:
        self._state = state
        self._clock = clock
        self._membership = membership
        self._publisher = publisher

    def ask(self, inquiry_id: str, question: Question, ttl: timedelta) -> Inquiry:
        """Ask everyone who is not thought gone; asking again with the same id finds what was asked.

        Raises:
            Conflict: another question has this id, or there is nobody to ask.
        """
        asked, now = sorted(self._membership.live()), self._clock.now()
        if not asked:
            raise Conflict("no region is heard: there is nobody to ask")
        deadline = now + ttl
        data = {"question": question.value, "asked": asked, "asked_at": now.timestamp()}
        put = Put(
            inquiry_document(inquiry_id),
            {**data, "deadline": deadline.timestamp()},
            if_version=ABSENT,
            expires_at=deadline + KEPT_FOR,
        )
        with suppress(PreconditionFailed):  # asked before, or our own success: it is told again
            self._state.commit([put])
        found = self.get(inquiry_id)
        if found.question is not question:
            raise Conflict(f"inquiry {inquiry_id!r} asks for {found.question.value}")
        event = InquiryOpenedV1(
            event_id=event_id_of(InquiryOpenedV1.type, inquiry_id), occurred_at=found.asked_at, inquiry=inquiry_id
        )
        self._publisher.publish([to_message(event)])
        return found

    def get(self, inquiry_id: str) -> Inquiry:
        """One question, with what came back so far.

        Raises:
            NotFound: there is none of this id, or it is forgotten.
        """
        document = self._state.get(inquiry_document(inquiry_id))
        if document is None:
            raise NotFound(f"inquiry {inquiry_id!r} does not exist")
        answers = {
            each.id: Answer(_moment(each.data["at"]), each.data["said"])
            for each in listed(self._state, inquiry_answers(inquiry_id))
        }
        return _inquiry(document, answers)

    def open_to(self, region: str) -> list[Inquiry]:
        """What a region is asked now and has not answered."""
        now = self._clock.now()
        found = [_inquiry(document, {}) for document in listed(self._state, INQUIRIES)]
        due = [each for each in found if region in each.asked and now <= each.deadline]
        return [each for each in due if self._state.get(inquiry_answer(each.id, region)) is None]

    def answer(self, inquiry: Inquiry, region: str, said: Mapping[str, Any]) -> Outcome:
        """Answer for a region, once and in time."""
        now = self._clock.now()
        if now > inquiry.deadline or region not in inquiry.asked:
            return Outcome.STALE
        data, expires_at = {"at": now.timestamp(), "said": dict(said)}, inquiry.deadline + KEPT_FOR
        try:
            self._state.commit(
                [Put(inquiry_answer(inquiry.id, region), data, if_version=ABSENT, expires_at=expires_at)]
            )
        except PreconditionFailed:
            return Outcome.DUPLICATE
        return Outcome.DONE


class Respondent:
    """Answers for one region: when an event says that something was asked, and at each of its ticks."""

    def __init__(
        self, region: str, inquiries: Inquiries, answers: Mapping[Question, Callable[[], Mapping[str, Any]]]
    ) -> None:
        self._region = region
        self._inquiries = inquiries
        self._answers = answers

    def __call__(self, event: InquiryOpenedV1) -> Outcome:
        """Answer at once."""
        try:
            inquiry = self._inquiries.get(event.inquiry)
        except NotFound:
            return Outcome.STALE
        if self._region in inquiry.answers:
            return Outcome.DUPLICATE
        return self._answer(inquiry)

    def tick(self) -> None:
        """Answer what no event told of."""
        for inquiry in self._inquiries.open_to(self._region):
            self._answer(inquiry)

    def _answer(self, inquiry: Inquiry) -> Outcome:
        return self._inquiries.answer(inquiry, self._region, self._answers[inquiry.question]())


def _inquiry(document: Document, answers: Mapping[str, Answer]) -> Inquiry:
    data = document.data
    return Inquiry(
        id=document.id,
        question=Question(data["question"]),
        asked=tuple(data["asked"]),
        asked_at=_moment(data["asked_at"]),
        deadline=_moment(data["deadline"]),
        answers=answers,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
