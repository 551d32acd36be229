"""`./dev` says what it lacks before it does anything, and reads the same lists as everything else."""

import shutil
import subprocess
from pathlib import Path

import pytest

from shared.topology import load_topology
from shared.topology.loading import TOPOLOGY_FILE

ROOT = TOPOLOGY_FILE.parent
LOCK = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
# What any system has; no Python and no compiler.
BASICS = (
    *("awk", "basename", "bash", "cat", "cmp", "cp", "dirname", "echo", "env", "grep"),
    *("id", "mkdir", "readlink", "rm", "sed", "sh", "tail", "uname", "xargs"),
)


def bash(script: str) -> str:
    """Return what a script prints in this checkout, with the functions of `./dev` that install things."""
    command = f". tools/environment.sh; {script}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which nothing has been set up."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    for name in ("dev", "requirements-dev.lock", "pyproject.toml", TOPOLOGY_FILE.name):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run_dev(checkout: Path, path: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `./dev` with a search path of our choice, and nobody at the terminal."""
    return subprocess.run(
        ["bash", "./dev", *arguments],
        cwd=checkout,
        env={"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_annoy_is_compiled_with_the_flags_of_the_topology() -> None:
    """The line that ./dev takes out of topology.yaml without YAML is the value that YAML has there."""
    assert bash('printf %s "$ANNOY_FLAGS"') == load_topology().build_environment["ANNOY_COMPILER_ARGS"]
    assert "-march=native" not in load_topology().build_environment["ANNOY_COMPILER_ARGS"]


def test_the_lock_is_split_without_loss() -> None:
    """What is installed first and what is installed after it are together the whole lock, each line once."""
    first = bash("LOCK=requirements-dev.lock; lock_entries only annoy uv setuptools")
    rest = bash("LOCK=requirements-dev.lock; lock_entries but annoy uv setuptools")

    assert sorted((first + rest).splitlines()) == sorted(line for line in LOCK.splitlines() if line[:1] != "#")
    assert [line.split("==")[0] for line in first.splitlines() if "==" in line] == ["annoy", "setuptools", "uv"]


def test_a_missing_python_is_named_before_anything_is_installed(checkout: Path, tmp_path: Path) -> None:
    """Without Python it says so, says what to run, and leaves no environment behind."""
    path = tmp_path / "bin"
    path.mkdir()
    for name in BASICS:
        (path / name).symlink_to(shutil.which(name) or name)

    done = run_dev(checkout, str(path), "demo")

    assert done.returncode == 1
    assert "Missing on this machine: python" in done.stderr
    assert "run the command above" in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"), [(["help"], 0, "./dev COMMAND"), (["no-such"], 1, "unknown command: no-such")]
)
def test_help_and_mistakes_need_no_setup(arguments: list[str], code: int, said: str, checkout: Path) -> None:
    """Asking for help, or for a command that does not exist, is answered at once."""
    done = run_dev(checkout, "/usr/bin:/bin", *arguments)

    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert not (checkout / ".venv").exists()
