"""The generated files: the document for this repository, and as served, with its page; the table of routes."""

import json
from pathlib import Path
from typing import Final

from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.openapi.document import openapi_document
from swell.deploy.openapi.page import page
from swell.deploy.openapi.route_table import with_routes

_ROOT: Final = TOPOLOGY_FILE.parent
DOCUMENT: Final = _ROOT / "docs" / "openapi.json"
API: Final = _ROOT / "docs" / "api.md"
SERVED: Final = _ROOT / "functions" / "query" / "pages"


def openapi_files() -> dict[Path, str]:
    """The content of every generated file."""
    document = openapi_document()
    return {
        DOCUMENT: json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        SERVED / "openapi.json": json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n",
        SERVED / "docs.html": page(document),
        API: with_routes(API.read_text(encoding="utf-8"), document),
    }


def write() -> None:
    """Write them."""
    SERVED.mkdir(exist_ok=True)
    for path, content in openapi_files().items():
        path.write_text(content, encoding="utf-8")
