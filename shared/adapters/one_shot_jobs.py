"""What every adapter of `Jobs` asks of a job."""

import re
from datetime import timedelta
from typing import Final

from shared.adapters.messages import check_message, message_size_bytes
from shared.ports.jobs import Job

JOB_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,200}")
MAX_JOB_BYTES: Final = 1_000_000
"""cloud.google.com/scheduler/quotas: size of a job."""


def check_job(job: Job) -> None:
    """Refuse a job that one of the schedulers would refuse, or publish at another time.

    Raises:
        ValueError: the name cannot be one, the moment has no UTC offset, or no broker would take the message.
    """
    if not JOB_NAME.fullmatch(job.name):
        raise ValueError(f"job name {job.name[:50]!r}: allowed are names matching {JOB_NAME.pattern}")
    if job.at.utcoffset() != timedelta(0):
        raise ValueError(f"job {job.name!r} is for {job.at.isoformat()}: allowed are moments in UTC")
    check_message(job.message)
    if message_size_bytes(job.message) > MAX_JOB_BYTES:
        raise ValueError(f"job {job.name!r}: its message has more than {MAX_JOB_BYTES:,} bytes")
