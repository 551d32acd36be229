"""Scaling: plan, load and budget become minimum and maximum instances of every region."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.scaling.wiring import consumer


@functions_framework.cloud_event
def scaling(delivery: CloudEvent) -> None:
    """Take one Pub/Sub delivery."""
    consumer().consume_push(delivery.data)
