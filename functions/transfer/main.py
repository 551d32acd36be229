"""Transfer: the next step of an import or export."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.transfer.wiring import consumer


@functions_framework.cloud_event
def transfer(delivery: CloudEvent) -> None:
    """Take one Pub/Sub delivery."""
    consumer().consume_push(delivery.data)
