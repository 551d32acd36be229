"""Children end with us, and so do theirs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from swell.local.processes import child_process, stop
from tests.contracts.polling import wait_until

FAMILY = """
import os, signal, subprocess, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getpid(), child.pid, os.getpgid(0), os.environ["ASKED"], flush=True)
time.sleep(600)
"""
PARENT = f"""
import os, signal, sys, time
from pathlib import Path
from swell.local.processes import child_process
with child_process([sys.executable, "-c", {FAMILY!r}], {{"ASKED": "for"}}, log=Path(sys.argv[1])):
    time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """Whether a process exists and is not just waiting to be collected."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def said(log: Path) -> list[str]:
    """The family's first line, once it is there."""
    wait_until(lambda: log.exists() and b"\n" in log.read_bytes(), saying=lambda: log)
    return log.read_text().split()


needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at processes in /proc")


@needs_proc
@pytest.mark.parametrize("manner", ["polite", "stubborn"])
def test_a_child_and_its_children_end_with_the_block(
    tmp_path: Path, manner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a group of their own, whether they heed SIGTERM or not."""
    monkeypatch.setattr("swell.local.processes.STOP_WITHIN_S", 0.2)
    log = tmp_path / "log"
    with child_process([sys.executable, "-c", FAMILY, manner], {"ASKED": "for"}, log=log) as process:
        pid, child, group, asked = said(log)
        alive = is_running(int(child))
        stop(process, within_s=0.2)

    assert alive
    assert [pid, pid, "for"] == [str(process.pid), group, asked]
    assert not is_running(int(pid))
    wait_until(lambda: not is_running(int(child)))


@needs_proc
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_child_ends_when_we_are_killed(tmp_path: Path) -> None:
    """Nothing of ours runs then, and no code of ours can: the kernel ends it."""
    log = tmp_path / "log"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(log)])
    pid, child, *_ = said(log)
    alive = is_running(int(pid))
    parent.kill()
    parent.wait()

    assert alive
    wait_until(lambda: not is_running(int(pid)))
    os.kill(int(child), signal.SIGKILL)  # a child's child is not told; what we start has none or watches for itself


def test_a_program_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    """Before anything is started."""
    with (
        pytest.raises(FileNotFoundError, match="no-such-program"),
        child_process(["no-such-program"], {}, log=tmp_path / "log"),
    ):
        pass


def test_output_is_added_to_the_log(tmp_path: Path) -> None:
    """Both streams, after what was there."""
    log = tmp_path / "log"
    log.write_text("before\n")
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr)"
    with child_process([sys.executable, "-c", code], {}, log=log) as process:
        process.wait()

    assert "before\nout\nerr\n" == log.read_text()
