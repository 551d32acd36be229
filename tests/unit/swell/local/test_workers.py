"""Workers that share a port."""

import multiprocessing

import pytest
from starlette.types import ASGIApp

from shared.errors import ConfigurationError
from swell.local.server import reusable_listener
from swell.local.workers import serve_in_workers


def never() -> ASGIApp:
    """An app that nobody gets."""
    raise ConfigurationError("a setting is missing")


def test_a_port_that_another_swell_shares_among_its_workers_is_taken() -> None:
    """The kernel would spread connections over both, and half of all requests would meet the wrong data."""
    with reusable_listener(0, listening=True) as other:
        port = other.getsockname()[1]

        with pytest.raises(ConfigurationError, match=f"port {port} is taken"), serve_in_workers(never, port, 1):
            pass

    assert not multiprocessing.active_children()


def test_a_worker_that_cannot_start_is_not_waited_for(capfd: pytest.CaptureFixture[str]) -> None:
    """What is wrong is said once, in words."""
    with (
        pytest.raises(ConfigurationError, match="ended while it started, with exit code 1"),
        serve_in_workers(never, 0, 1),
    ):
        pass

    assert capfd.readouterr().err.strip() == "swell: a setting is missing"
