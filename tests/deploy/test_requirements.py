"""The run-time set is the same in a checkout and in the cloud."""

import re

import pytest

from shared.topology.loading import TOPOLOGY_FILE

ROOT = TOPOLOGY_FILE.parent
# Asked for by name: whoever deploys or reads requirements.txt finds them pinned there.
NAMED = (
    "functions-framework",
    "google-cloud-pubsub",
    "google-cloud-firestore",
    "google-cloud-scheduler",
    "annoy",
    "numpy",
    "pytest",
    "cloudevents",
)


def pins(file: str) -> set[str]:
    """Return `name==version` for every entry, environment markers included."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return {" ".join(line.rstrip(" \\").split()) for line in text.splitlines() if re.match(r"[a-z0-9]", line)}


def test_a_checkout_runs_the_versions_that_are_deployed() -> None:
    """Every pin of requirements.txt is a pin of requirements-dev.lock."""
    assert pins("requirements.txt") - pins("requirements-dev.lock") == set()


@pytest.mark.parametrize("name", NAMED)
def test_a_named_package_is_pinned(name: str) -> None:
    """Each package of the specified set stands in requirements.txt with one version."""
    assert any(pin.startswith(f"{name}==") for pin in pins("requirements.txt"))
