"""The description of the HTTP surface."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from shared.auth.scope import PUBLIC_PATHS
from shared.domain.limits import MAX_TOP_K
from shared.topology import load_topology
from swell.deploy.openapi.document import openapi_document
from swell.deploy.openapi.files import SERVED, openapi_files
from swell.deploy.openapi.page import kind

TOPOLOGY = load_topology()
ROUTES = [(route.method, route.path) for function in TOPOLOGY.functions.values() for route in function.routes]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as the code of this checkout makes it."""
    return openapi_document()


def test_the_files_are_fresh() -> None:
    """`python -m swell.deploy.openapi` writes them."""
    assert [path.name for path, content in openapi_files().items() if path.read_text("utf-8") != content] == []


def test_every_route_is_described_once(document: dict[str, Any]) -> None:
    """A route of topology.yaml without an entry is found here, and so are two that share a name."""
    described = [(method.upper(), path) for path, item in document["paths"].items() for method in item]
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]

    assert sorted(described) == sorted(ROUTES)
    assert len(set(names)) == len(names) >= 46


def test_what_reads_a_body_says_so(document: dict[str, Any]) -> None:
    """Every PUT and POST has a body, but those that only name what they are about."""
    without = {
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in {"put", "post"} and "requestBody" not in operation
    }

    assert without == {"cancelOperation", "closeBallot", "readSection", "retryTask"}


def test_limits_are_those_of_the_models(document: dict[str, Any]) -> None:
    """The document is made from what checks requests."""
    query = document["components"]["schemas"]["QueryRecords"]

    assert query["properties"]["top_k"]["maximum"] == MAX_TOP_K
    assert query["additionalProperties"] is False


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """Nothing points at a schema or answer that is not there."""
    wanted = set(re.findall(r"'#/components/(\w+)/(\w+)'", str(document)))

    assert [f"{part}/{name}" for part, name in wanted if name not in document["components"][part]] == []


def test_only_what_is_public_needs_no_key(document: dict[str, Any]) -> None:
    """Every other operation says which scope it needs."""
    public = {path for path, item in document["paths"].items() for one in item.values() if one.get("security") == []}

    assert public == PUBLIC_PATHS - set(TOPOLOGY.health_paths)


def test_the_page_needs_nothing_from_elsewhere(document: dict[str, Any]) -> None:
    """It is read where there is no network; every link within it has its target; every operation is there."""

    class Links(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.ids: set[str] = set()
            self.targets: set[str] = set()
            self.tags: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.add(tag)
            self.ids |= {value or "" for name, value in attrs if name == "id"}
            self.targets |= {value or "" for name, value in attrs if name in {"href", "src"}}

    links = Links()
    links.feed((SERVED / "docs.html").read_text("utf-8"))

    assert not links.tags & {"script", "link", "img", "iframe"}
    assert {target for target in links.targets if target != f"#{target[1:]}"} == {"/openapi.json"}
    assert {target[1:] for target in links.targets if target.startswith("#")} <= links.ids
    assert {one["operationId"] for item in document["paths"].values() for one in item.values()} <= links.ids


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 9}, "integer (≥ 1, ≤ 9)"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/A"}, "maxItems": 2}, "list of A (items ≤ 2)"),
        ({"enum": ["a", "b"]}, '"a" or "b"'),
        ({"type": ["object", "null"]}, "object or null"),
        ({}, "anything"),
    ],
)
def test_a_schema_in_words(schema: dict[str, Any], words: str) -> None:
    """As the page shows it."""
    assert kind(schema) == words
