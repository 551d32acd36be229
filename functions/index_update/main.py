"""Index update: accepted mutations become segments; due compactions become base segments."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.index_update.wiring import consumer


@functions_framework.cloud_event
def index_update(delivery: CloudEvent) -> None:
    """Take one Pub/Sub delivery."""
    consumer().consume_push(delivery.data)
