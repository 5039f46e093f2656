"""The command without a server of its own: what it loads, where its settings come from, what it says."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from cyclopts import App
from weft.cli import profiles, running
from weft.cli.commands import app
from weft.cli.faults import BadConfiguration
from weft.cli.profiles import Profile

from deploy.local.home import CHECKOUT
from tests.clients.scripted import Reply, Script, scripted

pytestmark = pytest.mark.slow

HEAVY = ("httpx2", "pydantic", "asyncio", "mcp", "weft.client", "weft.models", "tomllib", "ssl")
ON_THE_STACK = (Path(__file__).parent / "test_cli.py").read_text()
NOT_HERE = {"mcp"}
"""Its tests are in test_mcp.py."""


def commands(of: App = app, before: str = "") -> Iterator[str]:
    """`store`, `sessions start`, ..."""
    for name in of:
        if not name.startswith("-"):
            below = list(commands(of[name], f"{before}{name} "))
            yield from below or [f"{before}{name}"]


def test_every_command_is_run_on_the_real_stack() -> None:
    run_there = set(re.findall(r'\b(?:weft|there|alone|weft\.until)\(\s*(?:\d, )?"([a-z -]+)"', ON_THE_STACK))
    assert set(commands()) - run_there == NOT_HERE


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["search", "--help"]])
def test_help_waits_for_nothing_that_takes_long(arguments: list[str]) -> None:
    said = f"""
import sys
from weft.cli.running import run
assert run({arguments}) == 0
print(sorted(set(sys.modules) & set({HEAVY})))
"""
    ran = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]", ran.stderr


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty configuration, and nothing in the environment."""
    for name in ("MEMORIES_API_URL", "MEMORIES_API_TOKEN", "MEMORIES_WORKSPACE_ID", "WEFT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WEFT_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "config.toml"


def run(*arguments: str) -> tuple[int, str, str]:
    """The exit code, what was printed, and what was complained about."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = running.run(arguments)
    return code, out.getvalue(), err.getvalue()


def test_a_profile_survives_being_written_and_nobody_else_may_read_it(config: Path) -> None:
    odd = {"default": Profile('http://a"\\', "tökén\n\x7f"), 'wo"rk.x': Profile(email="a@b")}
    config.parent.chmod(0o755)
    config.write_text("")
    config.chmod(0o644)
    assert profiles.is_open_to_others(config)
    profiles.write(config, odd)
    assert profiles.read(config) == odd
    assert not profiles.is_open_to_others(config)
    assert list(config.parent.iterdir()) == [config]


@pytest.mark.parametrize("text", ["x", "profiles = 1", "[profiles.a]\nurl = 1", "[profiles.a]\npassword = 'x'"])
def test_a_file_that_can_not_be_used_is_named(config: Path, text: str) -> None:
    config.write_text(text)
    with pytest.raises(BadConfiguration, match=re.escape(str(config))):
        profiles.read(config)


LISTED = Reply(200, [])


def asked(server: Script) -> str | None:
    """With which key."""
    return server.heard[-1].headers.get("authorization")


def test_an_option_goes_before_the_environment_and_that_before_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(LISTED) as server:
        profiles.write(config, {"default": Profile(server.url, "of-file"), "work": Profile(server.url, "of-work")})
        assert run("list") == (0, "", "")
        assert asked(server) == "Token of-file"
        monkeypatch.setenv("WEFT_PROFILE", "work")
        run("list")
        assert asked(server) == "Token of-work"
        monkeypatch.setenv("MEMORIES_API_TOKEN", "of-environment")
        run("list")
        assert asked(server) == "Token of-environment"
        run("list", "--profile", "default")
        assert asked(server) == "Token of-file"
        run("--token", "of-option", "list")
        assert asked(server) == "Token of-option"


def test_a_key_of_the_file_goes_to_no_other_server(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles.write(config, {"default": Profile("http://127.0.0.1:9", "secret", refresh_token="secret")})
    with scripted(LISTED) as server:
        for arguments in (["list", "--url", server.url], ["keys", "list", "--url", server.url]):
            assert run(*arguments)[0] == 3
        monkeypatch.setenv("MEMORIES_API_URL", server.url)
        assert run("list")[0] == 3
        assert server.heard == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serch"], "Did you mean"),
        (["search", "x", "--limit", "many"], "--limit"),
        (["store"], "requires an argument"),
        (["store", "a", "b", "--type", "rumour"], "--type"),
        (["list", "--frobnicate"], "--frobnicate"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_hint(config: Path, arguments: Sequence[str], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "hint: " in err


def test_what_is_no_json_is_said_to_be(config: Path) -> None:
    code, _, err = run("sessions", "observe", "s", "x\n", "--lines", "--url", "http://127.0.0.1:9", "--token", "t")
    assert (code, err.startswith("weft: A line is no JSON")) == (2, True)


def test_who_stops_it_is_told_so(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(profiles, "read", stop)
    assert run("whoami") == (130, "", "weft: stopped\n")


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, 3), (403, 3), (404, 4), (409, 5), (422, 5), (412, 5), (500, 1), (418, 1)],
)
def test_what_the_server_refuses_has_an_exit_code(config: Path, status: int, code: int) -> None:
    with scripted(Reply(status, {"detail": "no\x1b[31m"})) as server:
        ended, out, err = run("get", "mem-x", "--url", server.url, "--token", "t")
    assert (ended, out) == (code, "")
    assert err.startswith("weft: no [31m\n")


TAKEN = Reply(202, {"job_id": "job-1", "document_id": "doc-1"})


def test_files_folders_and_patterns_are_ingested_and_what_can_not_be_is_told(config: Path, tmp_path: Path) -> None:
    (docs := tmp_path / "docs" / "deep").mkdir(parents=True)
    for name in ("a.md", "b.TXT", "c.pdf", "d.exe"):
        (docs / name).write_bytes(b"text")
    at = ["--url", "", "--token", "t"]
    with scripted(TAKEN, TAKEN, Reply(413, {"detail": "too long"})) as server:
        at[1] = server.url
        code, out, err = run("docs", "ingest", str(tmp_path / "docs"), *at, "--namespace", "research")
        assert (code, len(out.splitlines())) == (1, 2)
        assert err == f"weft: {docs / 'c.pdf'}: too long\n"
        assert {each.headers["x-api-key"] for each in server.heard} == {"t"}
        assert b'name="namespace"\r\n\r\nresearch\r\n' in server.heard[0].body
        assert str(docs / "a.md").encode() in server.heard[0].body
        server.replies = [TAKEN]
        assert run("docs", "ingest", f"{tmp_path}/**/*.md", str(docs / "d.exe"), *at)[0] == 0
        assert len(server.heard) == 5
        code, _, err = run("docs", "ingest", f"{tmp_path}/*.md", *at)
        assert (code, "There is no document" in err) == (1, True)


def test_what_a_query_finds_is_shown_whatever_it_is(config: Path) -> None:
    found = {"id": "mem-x", "kind": "memory", "score": 0.5, "title": "Cents", "text": "Not floats."}
    chunk = {"id": "chk-x", "kind": "chunk", "score": 0.25, "title": "Money.md", "text": "Two\nlines"}
    with scripted(Reply(200, {"results": [found, chunk], "answer": None, "warnings": ["no model"]})) as server:
        at = ["--url", server.url, "--token", "t"]
        code, out, err = run("query", "money?", "--mode", "rich", "--namespace", "a", "--namespace", "*", *at)
        assert server.heard[0].json == {
            **{"query": "money?", "mode": "rich", "max_results": 10},
            "namespaces": ["a", "*"],
        }
    assert code == 0
    assert out == "0.50\tmem-x\tCents\tNot floats.\n0.25\tchk-x\tMoney.md\tTwo lines\n"
    assert err == "weft: warning: no model\n"


def test_the_page_lists_every_command_and_says_what_it_says_of_itself() -> None:
    page = (CHECKOUT / "docs" / "cli.md").read_text()
    told = dict(re.findall(r"^\| `weft ([a-z -]+)` \| (.*) \|$", page, re.MULTILINE))
    assert told == {name: " ".join(help_of(name).split("\n\n")[0].split()) for name in commands()}


def help_of(name: str) -> str:
    of = app
    for word in name.split():
        of = of[word]
    return of.help
