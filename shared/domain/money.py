"""Money: whole micro-dollars, so that sums of millions of minutes are exact."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

Micros: TypeAlias = int
"""Millionths of a US dollar."""

MICROS_PER_DOLLAR = 1_000_000
NANOS_PER_MICRO = 1_000


def micros_of(dollars: Decimal | int | str) -> Micros:
    """Micro-dollars of an amount of dollars, to the nearest.

    Raises:
        ValueError: it is not a finite amount.
    """
    try:
        amount = Decimal(dollars)
    except ArithmeticError as error:
        raise ValueError(f"amount: got {dollars!r}, allowed: a finite number of dollars") from error
    if not amount.is_finite():
        raise ValueError(f"amount: got {dollars!r}, allowed: a finite number of dollars")
    return int((amount * MICROS_PER_DOLLAR).to_integral_value(ROUND_HALF_UP))


def per_hour(micros: Micros, elapsed: timedelta) -> Micros:
    """The rate that an amount in a stretch of time comes to, rounded down; exact where a timedelta would overflow."""
    return micros * 3_600_000_000 // (elapsed // timedelta(microseconds=1))


def over(per_hour: Micros, elapsed: timedelta) -> Micros:
    """What a rate comes to in a stretch of time, rounded up."""
    return -(-per_hour * (elapsed // timedelta(microseconds=1)) // 3_600_000_000)


def micros_rounded_up(nanos: int) -> Micros:
    """Micro-dollars that cover an amount of nano-dollars: what is spent is never rounded away."""
    return -(-nanos // NANOS_PER_MICRO)


def dollars(micros: Micros) -> str:
    """An amount to show: `$1,234.56`; below a cent in full, `$0.000024`."""
    sign, amount = ("-" if micros < 0 else ""), Decimal(abs(micros)) / MICROS_PER_DOLLAR
    if 0 < amount < Decimal("0.01"):
        return f"{sign}${amount.normalize():f}"
    return f"{sign}${amount:,.2f}"
