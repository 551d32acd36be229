"""Why streams are refused or ended."""

from shared.errors import TransientError


class TooManyStreams(TransientError):  # noqa: N818 - named for what is wrong, as RFC 9457 problem types are
    """The key has all the connections or standing queries on this instance that it may have."""

    code = "too_many_streams"
    status = 429


class SlowConsumer(TransientError):  # noqa: N818
    """The client reads more slowly than its answers change; it may come back and resume."""

    code = "slow_consumer"
    status = 429
