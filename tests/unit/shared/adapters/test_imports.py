"""Cold start: an adapter brings in no more than it needs."""

import subprocess
import sys

import pytest

CLIENTS = {
    "google.cloud.firestore_v1",
    "google.cloud.monitoring_v3",
    "google.cloud.run_v2",
    "google.cloud.scheduler_v1",
    "google.cloud.storage",
    "google.pubsub_v1",
}


def imported_by(module: str) -> set[str]:
    """What a fresh interpreter has loaded after importing a module."""
    code = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", ["state", "objects", "broker", "dispatcher"])
def test_embedded_adapters_import_nothing_of_google(name: str) -> None:
    """Nor any other package: only the standard library and our own."""
    loaded = imported_by(f"shared.adapters.embedded.{name}")

    assert not loaded & {*CLIENTS, "google.api_core", "grpc", "pydantic", "numpy", "orjson", "tenacity", "requests"}


@pytest.mark.parametrize(
    ("name", "client"),
    [
        ("state", "google.cloud.firestore_v1"),
        ("objects", "google.cloud.storage"),
        ("publisher", "google.pubsub_v1"),
        ("fleet", "google.cloud.run_v2"),
        ("jobs", "google.cloud.scheduler_v1"),
        ("load_metrics", "google.cloud.monitoring_v3"),
    ],
)
def test_a_google_adapter_imports_only_its_own_client(name: str, client: str) -> None:
    """A function that only publishes does not load Firestore."""
    assert {client} == imported_by(f"shared.adapters.google.{name}") & CLIENTS


def test_opening_a_platform_imports_no_client_until_it_is_opened() -> None:
    """Locally none is ever imported."""
    assert not imported_by("shared.adapters.platform") & CLIENTS
