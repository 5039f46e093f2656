"""The OpenClaw plugin: JavaScript, tested by Node's own runner before a real Weft."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.stack import PATIENCE_S, Workspace

NODE = shutil.which("node")
TESTS = Path(__file__).parent / "openclaw" / "plugin.test.js"


@pytest.mark.slow
@pytest.mark.skipif(NODE is None, reason="the OpenClaw plugin needs Node.js, which is not here")
def test_the_plugin_in_a_host_of_our_own_making(workspace: Workspace) -> None:
    assert NODE is not None
    environment = {**os.environ, "MEMORIES_API_URL": workspace.url, "MEMORIES_API_TOKEN": workspace.token}
    done = subprocess.run(
        [NODE, "--test", str(TESTS)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S * 2,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
