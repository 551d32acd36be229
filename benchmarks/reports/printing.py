"""A page as PDF, by a browser that is on this machine."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from shared.errors import SwellError

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_WITHIN_S: Final = 120


class NotPrinted(SwellError):  # noqa: N818 - named for what happened
    """There is no browser, or it made no file."""

    code = "not_printed"


def print_page(html: str, to: Path) -> None:
    """Write a page as PDF.

    Raises:
        NotPrinted: no browser is here, or it failed.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NotPrinted(f"a PDF needs one of {', '.join(BROWSERS)} on this machine; --html needs none")
    with TemporaryDirectory(prefix="swell-print-") as name:
        page = Path(name) / "report.html"
        page.write_text(html, encoding="utf-8")
        command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={name}/profile"]
        command += ["--no-pdf-header-footer", f"--print-to-pdf={to.absolute()}", page.as_uri()]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_WITHIN_S)  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            raise NotPrinted(f"{browser} made no PDF: {error}") from error
    if not to.exists():
        raise NotPrinted(f"{browser} made no PDF")
