"""The publisher port on Pub/Sub.

Uses the generated client of google-cloud-pubsub, not the batching one on top of it: that one waits for more
messages, retries for ever when ordering is on, and after an error refuses the key until it is resumed.
Here a lone message leaves at once, time is bounded, and a failed publish leaves nothing behind.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.types import PubsubMessage

from shared.adapters.google.failures import dependency_errors
from shared.adapters.messages import (
    MAX_REQUEST_BYTES,
    MAX_REQUEST_MESSAGES,
    check_message,
    message_size_bytes,
)
from shared.errors import NotProvisioned
from shared.ports.publisher import Message

ATTEMPT_TIMEOUT_S: Final = 10.0
RETRY: Final = Retry(
    predicate=if_exception_type(
        exceptions.Aborted,
        exceptions.Cancelled,
        exceptions.DeadlineExceeded,
        exceptions.InternalServerError,
        exceptions.ResourceExhausted,
        exceptions.ServiceUnavailable,
        exceptions.Unknown,
    ),
    initial=0.1,
    maximum=4.0,
    timeout=10.0,
)
"""What the client's own policy for `publish` retries, with jitter, but not for ten minutes."""
_PARALLEL_REQUESTS: Final = 8


class GooglePublisher:
    """Publishes to the topics of one project.

    A request carries one topic and one ordering key, as Pub/Sub demands. Requests of one key follow one another,
    those of different keys run side by side.
    """

    def __init__(self, project: str) -> None:
        self._project = project
        self._client = PublisherClient()
        self._requests = ThreadPoolExecutor(_PARALLEL_REQUESTS, thread_name_prefix="publish")

    def publish(self, messages: Sequence[Message]) -> None:
        """Return when every message is durable; delivery is at least once.

        Raises:
            DependencyUnavailable: Pub/Sub did not take all, or there is no such topic; some may have been taken.
            ValueError: a message that Pub/Sub would refuse.
        """
        for message in messages:
            check_message(message)
        groups = _by_topic_and_key(messages)
        if len(groups) == 1:
            self._publish_in_order(messages)
            return
        futures = [self._requests.submit(self._publish_in_order, group) for group in groups.values()]
        errors = [error for error in [future.exception() for future in futures] if error is not None]
        if errors:
            raise errors[0]

    def close(self) -> None:
        """Close the connection. Nothing may be under way."""
        self._requests.shutdown()
        self._client.transport.close()  # type: ignore[no-untyped-call]

    def _publish_in_order(self, messages: Sequence[Message]) -> None:
        """Messages of one topic and key. The first request that fails is the last one made."""
        topic = messages[0].topic
        path = self._client.topic_path(self._project, topic)
        with dependency_errors(f"publish to {topic}"):
            for request in _requests(messages):
                try:
                    self._client.publish(topic=path, messages=request, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)
                except exceptions.NotFound as error:  # not made yet: the sender tries again, and so does an operator
                    raise NotProvisioned(f"publish to {topic}: {error}") from error


def _by_topic_and_key(messages: Sequence[Message]) -> Mapping[tuple[str, str], list[Message]]:
    groups: dict[tuple[str, str], list[Message]] = {}
    for message in messages:
        groups.setdefault((message.topic, message.ordering_key), []).append(message)
    return groups


def _requests(messages: Sequence[Message]) -> Iterator[list[PubsubMessage]]:
    """As few requests as Pub/Sub's limits allow."""
    request: list[PubsubMessage] = []
    size_bytes = 0
    for message in messages:
        added_bytes = message_size_bytes(message)
        if request and (len(request) == MAX_REQUEST_MESSAGES or size_bytes + added_bytes > MAX_REQUEST_BYTES):
            yield request
            request, size_bytes = [], 0
        request.append(
            PubsubMessage(data=message.data, attributes=dict(message.attributes), ordering_key=message.ordering_key)
        )
        size_bytes += added_bytes
    if request:
        yield request
