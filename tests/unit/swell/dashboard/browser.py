"""A headless Chromium that is driven through its own pipe, as its developer tools are."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson

_WITHIN_S: Final = 60.0
_LAUNCH: Final = """
import fcntl, os, sys
asked, answers = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3])
os.dup2(asked, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Page:
    """The only page of a browser; every call waits for the browser's answer."""

    def __init__(self, asked: int, answers: int) -> None:
        self._asked, self._answers = asked, answers
        self._number, self._left, self._session = 0, b"", ""

    def attach(self) -> None:
        """To a new page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        os.write(self._asked, orjson.dumps(command | ({"sessionId": self._session} if self._session else {})) + b"\0")
        while (message := self._next()).get("id") != self._number:
            pass
        assert "error" not in message, message
        found: dict[str, Any] = message["result"]
        return found

    def value(self, expression: str) -> Any:
        """What an expression comes to on the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        """A key of the keyboard, with what the browser itself does at it."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def open(self, url: str, width: int) -> None:
        """An address, on a screen of so many pixels, until it has drawn itself."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self.call("Page.navigate", url=url)
        until_s = time.monotonic() + _WITHIN_S
        while not self.value("document.readyState === 'complete' && !!document.querySelector('#cards .card')"):
            assert time.monotonic() < until_s, "the page did not draw itself"

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            assert select.select([self._answers], [], [], _WITHIN_S)[0], "the browser does not answer"
            more = os.read(self._answers, 1 << 16)
            assert more, "the browser ended"
            self._left += more
        message, _, self._left = self._left.partition(b"\0")
        found: dict[str, Any] = orjson.loads(message)
        return found


@contextmanager
def browser(program: str, profile: Path) -> Iterator[Page]:
    """Until the block ends. The browser reads its descriptor 3 and writes to 4."""
    read_asked, asked = os.pipe()
    answers, write_answers = os.pipe()
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
    ]
    command = [sys.executable, "-c", _LAUNCH, str(read_asked), str(write_answers), program, *options]
    process = subprocess.Popen(
        command, pass_fds=(read_asked, write_answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(read_asked)
    os.close(write_answers)
    try:
        page = Page(asked, answers)
        page.attach()
        yield page
    finally:
        process.kill()
        process.wait(timeout=60)
        os.close(asked)
        os.close(answers)
