"""Budget enforcement: what was spent is booked, and decides how much may be spent and what gives way."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.budget_enforcement.wiring import consumer


@functions_framework.cloud_event
def budget_enforcement(delivery: CloudEvent) -> None:
    """Take one Pub/Sub delivery."""
    consumer().consume_push(delivery.data)
