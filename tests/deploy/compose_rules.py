"""What a Compose file of ours must keep to, checked without Docker."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from compose_spec import PyCompose

# A tag that names one release: starts with a number of two parts at least.
PINNED_IMAGE = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*")
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)")


def problems(text: str, environment: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a Compose file when it is started with an environment; empty if nothing is."""
    unset = [f"variable {name} has no value and no default" for name in _unset(text, environment)]
    interpolated = VARIABLE.sub(lambda found: environment.get(found[1] or found[3]) or found[2] or "", text)
    try:
        PyCompose.from_yaml(interpolated).validate()
    except ValueError as error:
        return [*unset, f"schema: {error}"]
    services = yaml.safe_load(interpolated)["services"]
    return [*unset, *(problem for name in services for problem in _service(name, services))]


def _unset(text: str, environment: Mapping[str, str]) -> Iterator[str]:
    for braced, default, bare in VARIABLE.findall(text):
        if not default and not environment.get(braced or bare):
            yield braced or bare


def _service(name: str, services: dict[str, Any]) -> Iterator[str]:
    service = services[name]
    needed = [*service.get("depends_on", {})]
    if (mode := service.get("network_mode", "")).startswith("service:"):
        needed.append(mode.removeprefix("service:"))
    yield from (f"{name}: needs {other}, which is not a service" for other in needed if other not in services)
    for other, how in service.get("depends_on", {}).items():
        if how["condition"] == "service_healthy" and "healthcheck" not in services.get(other, {"healthcheck": None}):
            yield f"{name}: waits for {other} to be healthy, which has no health check"
    for port in service.get("ports", []):
        if not str(port).startswith("127.0.0.1:"):
            yield f"{name}: port {port} is open to the network"
    if "build" not in service and not PINNED_IMAGE.fullmatch(service["image"]):
        yield f"{name}: image {service['image']} names no release"
    if "healthcheck" not in service:
        yield f"{name}: has no health check"
