"""Region sync: what home has committed is copied here, checked, and shown."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.region_sync.wiring import consumer


@functions_framework.cloud_event
def region_sync(delivery: CloudEvent) -> None:
    """Take one Pub/Sub delivery."""
    consumer().consume_push(delivery.data)
