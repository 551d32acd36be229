# ruff: noqa: INP001 - a hook of mkdocs, loaded by path
"""Links of the documentation that leave its folder lead to the repository; those to nothing fail the build."""

import logging
import re
from pathlib import Path
from typing import Any

REPOSITORY = "https://github.com/swell-search/swell/blob/main/"
ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
log = logging.getLogger("mkdocs.hooks.site_links")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of one page."""
    folder = Path(page.file.abs_src_path).parent

    def led(found: re.Match[str]) -> str:
        target = (folder / found[1]).resolve()
        if not target.exists():
            log.warning("%s: %s leads nowhere", page.file.src_path, found[1])
        if target.is_relative_to(ROOT / "docs") and target.suffix:
            return found[0]
        return REPOSITORY + target.relative_to(ROOT).as_posix() + (found[2] or "")

    return LINK.sub(led, markdown)
