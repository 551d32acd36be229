"""Terraform on a copy of terraform/, without a project: with a provider on this machine where there is one.

`SWELL_TERRAFORM_PROVIDER` names a program that serves the google provider and, started with `--reattach`, prints the
value of TF_REATTACH_PROVIDERS; by default it is looked for beside the checkout. Without one, `terraform init`
downloads the provider that the files ask for, and planning needs no credentials either, since nothing exists yet.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.topology.loading import TOPOLOGY_FILE

ROOT: Final = TOPOLOGY_FILE.parent
TIMEOUT_S: Final = 300
ENVIRONMENTS: Final = ("dev", "prod")
_BESIDE: Final = ROOT.parent / "shared" / "tools" / "terraform-offline" / "tfprovider.py"
_LOCAL_STATE: Final = 'terraform {\n  backend "local" {}\n}\n'


class Refused(AssertionError):  # noqa: N818 - what terraform did
    """Terraform ended with an error; its text is what it said."""


def missing() -> str | None:
    """Why terraform cannot run here; None if it can."""
    return None if shutil.which("terraform") else "terraform is not installed"


def provider() -> Path | None:
    """The program that serves the provider on this machine."""
    given = os.environ.get("SWELL_TERRAFORM_PROVIDER")  # noqa: TID251 - of the tests, not of Swell
    if given:
        return Path(given)
    return _BESIDE if _BESIDE.is_file() else None


@dataclass(frozen=True)
class Terraform:
    """Runs terraform in a copy of the files that it reads."""

    tree: Path
    environment: Mapping[str, str]

    def run(self, folder: str, *arguments: str) -> str:
        """What terraform prints.

        Raises:
            Refused: it ended with an error.
        """
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.tree / "terraform" / folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise Refused(f"{folder}: terraform {' '.join(arguments)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def init(self, folder: str) -> None:
        """Make a folder ready."""
        self.run(folder, "init", "-input=false", "-no-color")

    def plan(self, environment: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The plan of an environment that was made ready, as Terraform prints it in JSON."""
        folder = f"envs/{environment}"
        given = self.tree / "terraform" / folder / "given.tfvars.json"
        given.write_text(json.dumps(variables), encoding="utf-8")
        options = ["-input=false", "-no-color", "-refresh=false", "-lock=false", f"-var-file={given.name}"]
        self.run(folder, "plan", *options, "-out=planned")
        found: dict[str, Any] = json.loads(self.run(folder, "show", "-json", "planned"))
        return found


@contextmanager
def terraform_in(tree: Path) -> Iterator[Terraform]:
    """Terraform on a copy in `tree`, for as long as the block lasts."""
    copy_to(tree)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}  # noqa: TID251
    environment |= {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    program = provider()
    if program is None:
        yield Terraform(tree, environment)
        return
    command = [sys.executable, str(program), "--reattach"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            environment["TF_REATTACH_PROVIDERS"] = server.stdout.readline()
            assert environment["TF_REATTACH_PROVIDERS"], f"{program} serves nothing"
            yield Terraform(tree, environment)
        finally:
            server.kill()


def copy_to(tree: Path) -> None:
    """Copy what Terraform reads; each environment keeps its state in a file there."""
    left_out = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars")
    for folder in ("terraform", "workflows"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=left_out)
    shutil.copy(TOPOLOGY_FILE, tree)
    for environment in ENVIRONMENTS:
        (tree / "terraform" / "envs" / environment / "override.tf").write_text(_LOCAL_STATE, encoding="utf-8")


def resources(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources that a plan makes, those of all modules: address, type, name, index, values."""
    return list(_resources(plan["planned_values"]["root_module"]))


def _resources(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (each for each in module.get("resources", ()) if each["mode"] == "managed")
    for below in module.get("child_modules", ()):
        yield from _resources(below)


def of_type(plan: Mapping[str, Any], kind: str) -> Sequence[Mapping[str, Any]]:
    """The values of all resources of a type."""
    return [each["values"] for each in resources(plan) if each["type"] == kind]
