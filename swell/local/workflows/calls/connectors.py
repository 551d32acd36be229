"""The connectors in use, on the ports of this project: publishing to Pub/Sub."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from shared.errors import DependencyUnavailable
from shared.ports.publisher import Message, Publisher
from swell.local.workflows.failure import failure
from swell.local.workflows.journal import Strand
from swell.local.workflows.world import BlockingCall


def connector_calls(publisher: Publisher) -> Mapping[str, BlockingCall]:
    """`googleapis.pubsub.v1.projects.topics.publish`, on a publisher."""

    def publish(strand: Strand, arguments: Mapping[str, Any]) -> Any:
        messages = _messages(arguments["topic"], arguments["body"])
        return strand.once("publish", lambda: _published(publisher, messages))

    return {"googleapis.pubsub.v1.projects.topics.publish": publish}


def _published(publisher: Publisher, messages: list[Message]) -> Any:
    try:
        publisher.publish(messages)
    except DependencyUnavailable as error:
        raise failure("HttpError", str(error), code=503, headers={}, body=None) from None
    return {"messageIds": [str(position) for position in range(len(messages))]}


def _messages(topic: Any, body: Any) -> list[Message]:
    name = str(topic).rpartition("/topics/")[2]
    listed = body.get("messages") if isinstance(body, dict) else None
    if not name or not isinstance(listed, list) or not listed:
        raise failure("ValueError", "publish takes projects/…/topics/… and a body with messages")
    try:
        return [
            Message(
                topic=name,
                data=base64.b64decode(each.get("data", ""), validate=True),
                attributes=each.get("attributes", {}),
                ordering_key=each.get("orderingKey", ""),
            )
            for each in listed
        ]
    except (AttributeError, TypeError, binascii.Error) as error:
        raise failure("ValueError", f"publish: a message is a map with data in base64 ({error})") from None
