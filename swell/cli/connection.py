# ruff: noqa: PLC0415 - httpx and numpy load when a command calls a server: `swell --help` stays quick
"""Commands talk to a server through here; what goes wrong becomes a sentence with a way out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from swell.cli.failure import CommandFailed
from swell.cli.program import program_name

if TYPE_CHECKING:
    from swell.client import ApiError, Swell

_OTHER_SERVER: Final = "name another with --url or SWELL_URL"
_LISTED_BY: Final = {
    "collection": "collections list",
    "calendar event": "calendar list",
    "budget decision": "budget decisions",
    "no raise": "budget raises",
    "ballot": "ballots list",
    "task": "tasks list",
    "region": "regions list",
}
"""The command that shows what there is, by the first words of an answer that something is not there."""


@contextmanager
def connected(url: str) -> "Iterator[Swell]":
    """A client with the key of SWELL_API_KEY; the block's client errors become a `CommandFailed`."""
    from swell.cli.api_key import api_key
    from swell.client import ApiError, ClientError, Swell, UnreachableError

    try:
        with Swell(url, api_key=api_key()) as client:
            yield client
    except UnreachableError as error:
        way_out = f"start one with `{program_name()} up`, or {_OTHER_SERVER}"
        raise CommandFailed(f"{error}{_progress(error)}; {way_out}", code="unreachable") from error
    except ApiError as error:
        problems = [
            {"field": problem.field, "value": problem.value, "allowed": problem.allowed} for problem in error.problems
        ]
        raise CommandFailed(
            f"{error}{_progress(error)}{_way_out(error)}", code=error.code, problems=problems
        ) from error
    except KeyError as error:
        sentence = f"{url} answers without {error}: it is no Swell, or one of another version; {_OTHER_SERVER}"
        raise CommandFailed(sentence, code="not_swell") from error
    except (ClientError, ValueError) as error:
        raise CommandFailed(str(error), code="invalid_request") from error


def _progress(error: "Exception") -> str:
    accepted: int = getattr(error, "records_accepted", 0)
    return f" ({accepted:,} records had been accepted before)" if accepted else ""


def _way_out(error: "ApiError") -> str:
    if error.code == "not_found":
        for named, listing in _LISTED_BY.items():
            if str(error).startswith(f"{named} "):
                return f"; `{program_name()} {listing}` shows what there is"
    if error.code == "unauthenticated":
        return "; commands take it from SWELL_API_KEY"
    if error.retry_after_s is not None:
        return "; try again in a moment"
    return ""
