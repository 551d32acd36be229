"""How often, and for how long, the administrative APIs are asked: a tick comes again in a minute and asks anew."""

from typing import Final

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type

ATTEMPT_TIMEOUT_S: Final = 10.0
RETRY: Final = Retry(
    predicate=if_exception_type(
        exceptions.DeadlineExceeded,
        exceptions.GatewayTimeout,
        exceptions.InternalServerError,
        exceptions.ServiceUnavailable,
    ),
    initial=0.1,
    maximum=1.0,
    timeout=2.0,
)
"""For calls that may be made twice."""
