"""Budget notifications of Cloud Billing, as they arrive from Pub/Sub.

The schema is Google's (cloud.google.com/billing/docs/how-to/budgets-programmatic-notifications): JSON data with
budgetDisplayName, costAmount, costIntervalStart, budgetAmount, budgetAmountType, currencyCode and, once a threshold is
passed, alertThresholdExceeded or forecastThresholdExceeded; attributes billingAccountId, budgetId, schemaVersion. They
are sent several times a day whatever the thresholds, and what they say is hours old.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from shared.domain.money import MICROS_PER_DOLLAR, Micros, micros_of
from shared.foreign_messages import ForeignMessage

SCHEMA_VERSION = "1.0"
LARGEST: Micros = 10**12 * MICROS_PER_DOLLAR
"""Of any amount; in micro-dollars it is a tenth of what the state store can hold."""
BUDGET_ID = "budgetId"
"""The attribute by which a message is known as a budget notification."""


@dataclass(frozen=True)
class BillingNotice:
    """What has been billed since the interval began, in micro-units of the currency."""

    budget_id: str
    interval_start: datetime
    cost: Micros
    budget: Micros
    currency: str
    published_at: datetime


def read_notice(message: ForeignMessage) -> BillingNotice:
    """The notification that a message carries.

    Raises:
        ValueError: it is none; the text says why.
    """
    data = orjson.loads(message.data)
    if not isinstance(data, dict):
        raise ValueError(f"data: got {type(data).__name__}, allowed: a JSON object")  # noqa: TRY004 - as `read` says
    return parse_notice(data, message.attributes, message.published_at)


def parse_notice(data: Mapping[str, Any], attributes: Mapping[str, str], published_at: datetime) -> BillingNotice:
    """Read a notification; fields that are not known are ignored, as Google may add some.

    Raises:
        ValueError: a field is missing or is not what the schema says; the text names it.
    """
    version = attributes.get("schemaVersion", SCHEMA_VERSION)
    if not version.startswith("1."):
        raise ValueError(f"schemaVersion: got {version!r}, allowed: {SCHEMA_VERSION}")
    return BillingNotice(
        budget_id=attributes.get(BUDGET_ID, ""),
        interval_start=_moment(data, "costIntervalStart"),
        cost=_amount(data, "costAmount"),
        budget=_amount(data, "budgetAmount"),
        currency=str(data.get("currencyCode", "")),
        published_at=published_at,
    )


def _moment(data: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(data[name])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{name}: got {data.get(name)!r}, allowed: an ISO 8601 time") from error
    if moment.tzinfo is None:
        raise ValueError(f"{name}: got {data[name]!r}, allowed: a time with an offset")
    return moment


def _amount(data: Mapping[str, Any], name: str) -> Micros:
    value = data.get(name)
    if not _is_number(value):
        raise ValueError(f"{name}: got {value!r}, allowed: a number")
    try:
        micros = micros_of(Decimal(str(value)))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name}: got {value!r}, allowed: a finite number") from error
    if abs(micros) > LARGEST:
        raise ValueError(f"{name}: got {value!r}, allowed: at most {LARGEST // MICROS_PER_DOLLAR:,}")
    return micros


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
