"""The OpenClaw plugin: JavaScript, tested by Node's own runner before a real Weft."""

import os
import subprocess
from pathlib import Path

import pytest

from deploy.local.node import node
from tests.stack import PATIENCE_S, Workspace

TESTS = Path(__file__).parent / "openclaw" / "plugin.test.js"


@pytest.mark.slow
def test_the_plugin_in_a_host_of_our_own_making(workspace: Workspace) -> None:
    environment = {**os.environ, "MEMORIES_API_URL": workspace.url, "MEMORIES_API_TOKEN": workspace.token}
    done = subprocess.run(
        [str(node()), "--test", str(TESTS)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S * 2,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
