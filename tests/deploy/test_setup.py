"""What set-up does about the dashboard, in a checkout of its own with a Node that only pretends to build."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local.home import CHECKOUT

DEPENDED_ON = (
    "requirements.lock",
    "pyproject.toml",
    "clients/python/pyproject.toml",
    "deploy/local/setup.sh",
    "deploy/local/uv.txt",
)
NPM = """#!/bin/sh
echo "$@" >>"$ASKED"
case "$1" in
    ci) mkdir -p node_modules ;;
    run) [ ! -e broken ] && mkdir -p dist && echo built >dist/index.html ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    path: Path

    @property
    def dashboard(self) -> Path:
        return self.path / "clients" / "dashboard"

    @property
    def page(self) -> Path:
        return self.dashboard / "dist" / "index.html"

    def set_up(self, *arguments: str) -> tuple[list[str], str]:
        """What npm was asked for, and what was said. Raises CalledProcessError where set-up fails."""
        asked = self.path / "asked"
        asked.write_text("")
        environment = {**os.environ, "PATH": f"{self.path / 'bin'}:{os.environ['PATH']}", "ASKED": str(asked)}
        done = subprocess.run(
            ["deploy/local/setup.sh", *arguments],
            cwd=self.path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return [line.split()[0] for line in asked.read_text().splitlines()], done.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Whose Python environment is as it should be, and whose dashboard was never built."""
    for name in DEPENDED_ON:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, tmp_path / name)
    for name, script in (("bin/npm", NPM), ("bin/node", "#!/bin/sh\necho v22.12.0\n")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    hashes = subprocess.run(
        ["git", "hash-object", *DEPENDED_ON], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    (tmp_path / ".venv" / ".weft-setup").write_text(f"{tmp_path.resolve()} {hashes.replace(chr(10), ' ')}")
    made = Checkout(tmp_path)
    (made.dashboard / "src").mkdir(parents=True)
    (made.dashboard / "package-lock.json").write_text("{}")
    (made.dashboard / "src" / "main.tsx").write_text("1")
    return made


def test_the_dashboard_is_built_once_and_again_when_something_in_it_changed(checkout: Checkout) -> None:
    assert checkout.set_up()[0] == ["ci", "run"]
    assert checkout.page.read_text() == "built\n"
    assert checkout.set_up() == ([], "")
    (checkout.dashboard / "src" / "main.tsx").write_text("2")
    assert checkout.set_up()[0] == ["run"]
    (checkout.dashboard / "package-lock.json").write_text("{ }")
    assert checkout.set_up()[0] == ["ci", "run"]
    checkout.page.unlink()
    assert checkout.set_up()[0] == ["run"]


def test_where_it_cannot_be_built_set_up_says_so_once_and_goes_on(checkout: Checkout) -> None:
    (checkout.dashboard / "broken").touch()
    asked, said = checkout.set_up()
    assert asked == ["ci", "run"]
    assert "the dashboard could not be built" in said
    assert checkout.set_up() == ([], "")
    assert checkout.set_up("dashboard")[0] == ["run"]
    (checkout.dashboard / "broken").unlink()
    assert checkout.set_up()[0] == ["run"]
    assert checkout.page.exists()
