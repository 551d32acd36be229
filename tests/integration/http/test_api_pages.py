"""The description of the API, as query serves it."""

from pathlib import Path

from swell.deploy.openapi.document import openapi_document
from tests.integration.http.guarded import guarded_api


def test_everybody_may_read_how_the_api_is_spoken_to(tmp_path: Path) -> None:
    """Without a key: the document for programs, and a page that a browser may load nothing else for."""
    with guarded_api(tmp_path) as api:
        document, page = api.send("GET", "/openapi.json"), api.send("GET", "/docs")

    assert (document.status_code, document.json()) == (200, openapi_document())
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "/v1/collections/{collection}/query" in page.text
