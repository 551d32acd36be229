"""Burst prediction: load and calendar become forecasts, forecasts become a scaling plan."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.burst_prediction.wiring import consumer


@functions_framework.cloud_event
def burst_prediction(delivery: CloudEvent) -> None:
    """Take one Pub/Sub delivery."""
    consumer().consume_push(delivery.data)
