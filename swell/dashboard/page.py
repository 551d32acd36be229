"""The page as one document: styles, program and what it shows are in it, and its policy lets nothing else in."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

import orjson

from swell.dashboard.packing import packed

SCRIPTS: Final = ("1-view.js", "2-charts.js", "3-map.js", "4-panels.js", "5-main.js")
_ASSETS: Final = files("swell.dashboard") / "assets"


def page(view: Mapping[str, Any], title: str) -> str:
    """The whole page. `view` is what `docs/dashboard.md` describes; text in it is shown as text, whatever it holds."""
    parts = {
        "policy": policy(live=bool(view.get("live"))),
        "title": escape(title),
        "style": _text("page.css"),
        "view": in_script(view if view.get("live") else packed(view)),
        "script": script(),
    }
    document = _text("page.html")
    for name, text in parts.items():
        before, mark, after = document.partition("{{" + name + "}}")
        assert mark, name  # noqa: S101 - the page's own template
        document = before + text + after
    return document


@cache
def script() -> str:
    """The program: all files as one strict scope."""
    return '"use strict";\n(() => {\n' + "\n".join(_text(name) for name in SCRIPTS) + "})();\n"


def policy(*, live: bool) -> str:
    """What the browser may do: run this script, use this style, and, live, ask the server that it came from."""
    connect = "'self'" if live else "'none'"
    return (
        f"default-src 'none'; script-src '{_hash(script())}'; style-src '{_hash(_text('page.css'))}'; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'"
    )


def in_script(view: Mapping[str, Any]) -> str:
    """JSON that cannot end the element that it stands in."""
    return orjson.dumps(view).decode().replace("<", "\\u003c")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _text(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
