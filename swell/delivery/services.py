"""What a rollout asks of the platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.errors import PermanentError
from swell.delivery.gate import Health
from swell.delivery.release import Place


class DeploymentFailed(PermanentError):  # noqa: N818 - named for what is wrong, as RFC 9457 problem types are
    """A revision did not become ready, or a service is not as it must be."""

    code = "deployment_failed"
    status = 409


@dataclass(frozen=True)
class Deployed:
    """A service as it is.

    `shares` of the traffic are in percent by revision; `previous` is the revision that was in place before the last
    share was set; `is_settling` while a change is being carried out, `failure` why the last one was not.
    """

    shares: Mapping[str, int]
    previous: str | None
    newest: str
    is_settling: bool = False
    failure: str | None = None


class Services(Protocol):
    """The services of a project."""

    def look(self, place: Place) -> Deployed:
        """How it is now.

        Raises:
            NotFound: there is none; Terraform makes it.
            DependencyUnavailable: the platform does not answer.
        """
        ...

    def add(self, place: Place, image: str, revision: str) -> None:
        """Make a revision that gets no traffic; the shares of the others stay. Does not wait until it is ready."""
        ...

    def share(self, place: Place, shares: Mapping[str, int], previous: str) -> None:
        """Set the shares, in percent, together 100; `previous` stays reachable, so that one can go back to it."""
        ...


class RevisionHealth(Protocol):
    """What revisions were seen to do."""

    def health(self, place: Place, revision: str, since: datetime) -> Health:
        """Since a moment, as far as it is known by now."""
        ...
