"""The command as it is installed, in processes of its own, on the real stack."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from weft.cli import running

from tests.clients.test_transcripts import FOLDER
from tests.stack import PATIENCE_S, Stack, Workspace, wait_until

BINARY = Path(sys.executable).parent / "weft"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.out.splitlines()]


@dataclass(frozen=True)
class Cli:
    """`weft ...` with these variables and no others of its own."""

    environment: dict[str, str]

    def __call__(self, command: str, *arguments: str, stdin: str = "", code: int = 0, **environment: str) -> Ended:
        """`command` is its words, `arguments` go with it as they are."""
        ran = subprocess.run(
            [BINARY, *command.split(), *arguments],
            input=stdin,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert ran.returncode == code, f"{command} {arguments}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        assert "Traceback" not in ran.stderr
        return Ended(ran.returncode, ran.stdout, ran.stderr)

    def until(self, lines: int, command: str, *arguments: str) -> Ended:
        """One that goes on until it is interrupted: when it has said so many lines."""
        with subprocess.Popen(
            [BINARY, *command.split(), *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            try:
                said = "".join(islice(process.stdout, lines))
                process.send_signal(signal.SIGINT)
                return Ended(process.wait(PATIENCE_S), said, process.stderr.read())
            finally:
                process.kill()

    def again(self, command: str, *arguments: str, stdin: str = "", code: int = 0, **environment: str) -> Ended:
        """The same in this process: for what comes after the first time, for a process takes a third of a second."""
        out, err = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
            for name in [name for name in os.environ if name.startswith(("MEMORIES_", "WEFT_"))]:
                patched.delenv(name)
            for name, value in (self.environment | environment).items():
                patched.setenv(name, value)
            patched.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin.encode())))
            ended = running.run([*command.split(), *arguments])
        assert ended == code, f"{command} {arguments}: {ended}\n{out.getvalue()}{err.getvalue()}"
        return Ended(ended, out.getvalue(), err.getvalue())

    def on_a_terminal(self, *arguments: str, **environment: str) -> str:
        """What stands on the screen."""
        reader, terminal = pty.openpty()
        environment = self.environment | {"TERM": "xterm", "COLUMNS": "100"} | environment
        with subprocess.Popen([BINARY, *arguments], env=environment, stdout=terminal, stderr=terminal, stdin=terminal):
            os.close(terminal)
            shown = b""
            try:
                while piece := os.read(reader, 65_536):
                    shown += piece
            except OSError:  # Linux ends a terminal that nobody holds any more so
                pass
        os.close(reader)
        return shown.decode()


def bare(folder: Path) -> dict[str, str]:
    """Nothing of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "COVERAGE_PROCESS_START") if name in os.environ}
    return kept | {"HOME": str(folder), "WEFT_CONFIG": str(folder / "config.toml")}


@pytest.fixture
def weft(workspace: Workspace, tmp_path: Path) -> Cli:
    return Cli(
        bare(tmp_path)
        | {
            "MEMORIES_API_URL": workspace.url,
            "MEMORIES_API_TOKEN": workspace.token,
            "MEMORIES_WORKSPACE_ID": workspace.workspace_id,
        }
    )


def eventually(what: str, condition: Callable[[], bool]) -> None:
    wait_until(condition, what)


def test_a_memory_from_storing_to_deleting(weft: Cli) -> None:
    options = ["--type", "decision", "--tag", "money", "--tag", "db", "--file", "a.py", "--importance", "0.9"]
    first = weft("store", "Money is counted in cents", "Floats lost a cent.", *options).out.strip()
    second = weft.again("store", "Cents \x1b[31mred\tand\nblue", stdin="Money again.\nTwice.", code=0).out.strip()
    assert first.startswith("mem-")

    listed = weft("list", "--limit", "10")
    assert listed.rows == [
        [first, "decision", "0.90", "default", "Money is counted in cents"],
        [second, "general", "0.50", "default", "Cents [31mred and blue"],
    ]
    assert [it["memory_id"] for it in weft.again("list", "--json", "--type", "decision").json] == [first]
    assert weft.again("list", "--all", "--order", "created_at", "--namespace", "*").rows[0][0] == first

    shown = weft("get", first, "--count")
    assert ["tags", "money, db"] in shown.rows
    assert shown.out.endswith("\nFloats lost a cent.\n")
    whole = weft.again("get", first, "--json").json
    assert (whole["access_count"], whole["source_files"]) == (1, ["a.py"])

    assert weft("update", first, "--importance", "0.8", "--narrative", "-", stdin="Changed.").out.strip() == first
    stale = weft.again("update", first, "--title", "x", "--if-match", "1", code=5)
    assert stale.err.splitlines()[1].startswith("  hint: Read it again")
    assert weft("rate", first, "--useful").out == "0.82\n"
    assert weft.again("rate", first, "--no-useful", "--context", "old").out == "0.77\n"

    assert "nobody to ask" in weft("delete", first, code=1).err
    assert weft.again("delete", first, second, "--yes", "--jsonl").out.count('"deleted":true') == 2
    assert weft.again("get", first, code=4).err == f"weft: Memory '{first}' not found.\n"


def test_memories_are_found_and_connected(weft: Cli) -> None:
    first = weft.again("store", "Money is counted in cents", "Floats lost a cent in every sum.").out.strip()
    second = weft.again("store", "Cents for money", f"Floats lost a cent in sums, see {first}.").out.strip()
    eventually("the index to have both", lambda: len(weft("search", "money cents").rows) == 2)

    rows = weft.again("search", "money cents", "--namespace", "default", "--words").rows
    assert {row[1] for row in rows} == {first, second}
    answer = weft.again("search", "money", "--json", "--limit", "1").json
    assert (answer["count"], len(answer["results"])) == (1, 1)
    assert len(weft.again("search", "money", "--jsonl").out.splitlines()) == 2
    assert weft.again("search", "money", "--type", "wiki").out == ""
    weft.again("search", "money", "--type", "wiki", "--exit-code", code=1)
    assert "'unheard-of'" in weft.again("search", "x", "--namespace", "unheard-of", code=4).err

    eventually("an edge", lambda: bool(weft("path", second, first).out))
    assert [second, "references", first] in [row[:3] for row in weft.again("path", second, first).rows]
    assert weft.again("path", first, first, "--json").json["depth"] == 0
    eventually("neighbours", lambda: bool(weft("related", first, "--threshold", "0.1").out))
    assert {row[0] for row in weft("explore", "money", "--limit", "5").rows} == {first, second}


def test_a_session_from_its_start_to_what_it_taught(weft: Cli, tmp_path: Path) -> None:
    started = weft("sessions start", str(tmp_path), "--branch", "main", "--session-id", "s:1")
    assert started.out == "s:1\n"
    seen = weft("sessions observe", "s:1", "We decided to use integer cents because floats lose money.")
    assert seen.out == "1\n"
    lines = json.dumps({"kind": "command", "content": "make test", "files": ["Makefile"]})
    assert weft.again("sessions observe", "s:1", "--lines", stdin=f"{lines}\n{lines}\n").out == "3\n"
    assert weft("sessions list", "--status", "active").rows[0][:2] == ["s:1", "active"]
    assert ["branch", "main"] in weft("sessions get", "s:1").rows
    weft.again("store", "Integer cents", "Money is integer cents.", "--importance", "1", "--file", "money.py")
    context = weft("context", "s:1", "--query", "money", "--file", "money.py")
    assert context.out.startswith("[Weft — retrieved for money.py]\nInteger cents")

    job_id = weft("sessions end", "s:1", "--summary", "We decided to use integer cents.").out.strip()
    followed = weft("jobs follow", job_id, "--jsonl").out.splitlines()
    assert json.loads(followed[-1])["status"] == "completed"
    assert weft("jobs list", "--status", "completed").rows[0][:3] == [job_id, "extraction", "completed"]
    assert ["status", "completed"] in weft("jobs get", job_id).rows
    assert "nothing to retry" in weft("jobs retry", job_id, code=5).err
    assert weft.again("sessions end", "s:1", code=5).err.startswith("weft: ")


def test_what_happened_is_listed_and_followed(weft: Cli) -> None:
    memory_id = weft.again("store", "Integer cents", "Money is integer cents.").out.strip()
    weft.again("store", "Pooling", "Every query goes through the pool.")
    stored, other = weft("events list", "--types", "weft.memory.stored.v1").rows
    assert stored[2:4] + stored[5:] == ["weft.memory.stored.v1", memory_id, "Integer cents"]
    assert weft.again("events list", "--subject", memory_id, "--jsonl").json["data"]["title"] == "Integer cents"
    assert weft.again("events list", "--types", "weft.memory", "--after", stored[0], "--limit", "1").rows == [other]
    weft.again("delete", memory_id, "--yes")
    tail = weft.until(3, "events tail", "--from-start", "--types", "weft.memory", "--types", "weft.event")
    erased, second, deleted = tail.rows
    assert erased[:3] == [stored[0], stored[1], "weft.event.erased.v1"]
    assert erased[5] == "weft.memory.stored.v1"
    assert second == other
    assert deleted[2:4] == ["weft.memory.deleted.v1", memory_id]
    assert (tail.code, tail.err) == (130, "weft: stopped\n")
    assert "must be the type of an event" in weft.again("events list", "--types", "nonsense", code=5).err


def test_what_is_exported_can_be_imported_elsewhere(weft: Cli, stack: Stack, tmp_path: Path) -> None:
    weft.again("store", "One", "1")
    file = tmp_path / "all.ndjson"
    assert weft("export", str(file)).out == f"{file}\n"
    assert len(weft.again("export", "--namespace", "default").rows) == len(file.read_text().splitlines()) == 3
    other = stack.new_workspace()
    there = Cli(weft.environment | {"MEMORIES_API_TOKEN": other.token, "MEMORIES_WORKSPACE_ID": other.workspace_id})
    assert there("import", str(file)).out == "1\t0\t0\n"
    again = there.again("import", "--json", stdin=f"{file.read_text()}nonsense\n", code=1)
    assert (again.json["imported"], again.json["skipped"]) == (0, 1)
    assert "weft: line 4: " in again.err
    assert [row[-1] for row in there.again("list").rows] == ["One"]

    imported = weft("import-transcript", str(FOLDER / "compacted.jsonl"), "--json").json
    assert [(each["outcome"], each["observations"]) for each in imported] == [("imported", 5)]
    assert weft.again("import-transcript", str(FOLDER), "--dry-run").rows[0][1:] == ["billing", "22", "14"]


def test_documents_from_the_first_version_to_deletion(weft: Cli, workspace: Workspace, tmp_path: Path) -> None:
    (folder := tmp_path / "docs").mkdir()
    said = "Ada decided to count money in integer cents, see `src/money.py`."
    (folder / "money.md").write_text(f"# Money\n\n{said}\n\n## Why\n\nFloats lose.\n")
    (folder / "plain.rst").write_text("Webhooks are retried six times.")
    (folder / "bad.txt").write_bytes(b"\xff\xff")

    taken = weft("docs ingest", str(folder), "--wait", "--jsonl", code=1)
    assert taken.err == f"weft: {folder / 'bad.txt'}: file: must be text in UTF-8\n"
    money, plain = (json.loads(each) for each in taken.out.splitlines())
    assert (money["status"], plain["status"]) == ("completed", "completed")
    rows = weft("docs list").rows
    assert [[row[1], row[-1]] for row in rows] == [["ready", "plain.rst"], ["ready", "money.md"]]
    again = weft.again("docs ingest", f"{tmp_path}/**/*.md", "--wait", "--json").json
    assert [it["document_id"] for it in again] == [money["document_id"]]
    shown = weft("docs get", money["document_id"]).rows
    assert ["version", "2"] in shown
    assert [row[2] for row in weft("docs tree", money["document_id"]).rows] == ["Money", "· Why"]
    assert "integer cents" in weft("docs chunks", money["document_id"]).out
    assert "integer cents" in weft("docs facts", "--document", money["document_id"]).out
    assert ["1", "file", "src/money.py"] in weft("docs entities").rows

    eventually("a passage to be found", lambda: "integer cents" in weft("query", "how is money counted?").out)
    answer = weft.again("query", "webhooks", "--mode", "rich", "--namespace", "*", "--json").json
    assert answer["results"][0]["kind"] == "chunk"
    assert weft("docs delete", money["document_id"], "--yes").out == f"{money['document_id']}\n"
    weft.again("docs get", money["document_id"], code=4)


def test_who_manages_logs_in_and_a_key_goes_into_the_profile(
    weft: Cli, stack: Stack, workspace: Workspace, tmp_path: Path
) -> None:
    person = stack.new_owner(workspace)
    assert weft("namespaces list", code=3).err.splitlines()[1] == "  hint: Run `weft login you@example.org`."
    wrong = weft("login", person["email"], "--password-stdin", stdin="wrong\n", code=3)
    assert "hint" in wrong.err
    weft.again("login", person["email"], "--password-stdin", stdin=f"{person['password']}\n")
    config = tmp_path / "config.toml"
    assert config.stat().st_mode & 0o777 == 0o600

    made = weft("namespaces create", "research", "--name", "Research").out.strip()
    assert [row[:2] for row in weft.again("namespaces list").rows] == [["default", "active"], ["research", "active"]]
    assert weft("namespaces rename", "research", "R & D", "--json").json["name"] == "R & D"
    assert weft("namespaces archive", "research").out.strip() == made
    assert weft("namespaces restore", "research", "--json").json["status"] == "active"
    assert "no namespace 'nowhere'" in weft.again("namespaces archive", "nowhere", code=4).err

    grants = ["--read", "default", "--write", "research", "--default", "research"]
    secret = weft("keys create", "bot", *grants).out.strip()
    stored = weft.again("store", "Here", "x", "--json", MEMORIES_API_TOKEN=secret).json
    assert stored["namespace"] == "research"
    assert weft("keys grant", "bot", "--read", "research", "--default", "research", "--json").json["scopes"][0][
        "permissions"
    ] == ["read"]
    assert "not write it" in weft.again("store", "x", "y", MEMORIES_API_TOKEN=secret, code=3).err
    weft("keys rename", "bot", "robot")
    assert weft("keys rotate", "robot", "--yes").out.strip() != secret
    assert "bot" in [row[2][-3:] for row in weft("keys list").rows]
    weft("whoami", MEMORIES_API_TOKEN=secret, code=3)
    weft("keys revoke", "robot", "--yes")
    weft.again("keys create", "laptop", "--save")

    alone = Cli(bare(tmp_path))
    known = alone.again("whoami", "--json").json
    assert (known["workspace_id"], known["email"], known["profile"]) == (
        workspace.workspace_id,
        person["email"],
        "default",
    )
    checked = alone("doctor")
    assert {row[0] for row in checked.rows} == {"ok"}
    assert [row[1] for row in checked.rows] == ["configuration", "server known", "server ready", "key", "login"]
    alone("logout")
    alone.again("keys list", code=3)
    assert alone.again("list").out == ""
    elsewhere = alone.again("list", MEMORIES_API_URL="http://127.0.0.1:1", code=3)
    assert "No key is known" in elsewhere.err


def test_how_the_server_does(weft: Cli, workspace: Workspace, tmp_path: Path) -> None:
    assert ["server", "ready"] in weft("status").rows
    assert weft.again("status", "--json").json["workspace"]["workspace_id"] == workspace.workspace_id
    assert weft.again("status", MEMORIES_API_URL="http://127.0.0.1:1", code=6).err.startswith("weft: No answer from")
    bad = weft.again("doctor", MEMORIES_API_TOKEN="wft_live_00000000_0_0", code=1)
    assert bad.rows[-1][:2] == ["BAD", "key"]

    weft.again("login", "--password-stdin", "--profile", "work", "--url", workspace.url, stdin=f"{workspace.token}\n")
    assert weft.again("whoami", "--profile", "work", "--json").json["profile"] == "work"
    assert "no profile 'nowhere'" in weft.again("list", "--profile", "nowhere", code=3).err
    (tmp_path / "config.toml").write_text("profiles = 1")
    assert "must be a table" in weft.again("whoami", code=1).err


def test_on_a_terminal_there_are_tables_and_sentences(weft: Cli) -> None:
    weft.again("store", "Bell \x07 and \x1b[31mred", "x")
    shown = weft.on_a_terminal("list")
    assert "importance" in shown.splitlines()[0]
    assert "\x1b[1m" in shown
    assert "Bell and [31mred" in shown
    assert "\x1b" not in weft.on_a_terminal("list", NO_COLOR="1")
    assert weft.on_a_terminal("store", "Two", "2").startswith("Stored mem-")
    assert "Nothing found." in weft.on_a_terminal("list", "--type", "wiki")


def test_whoever_reads_only_the_first_line_is_told_no_error(weft: Cli) -> None:
    for number in range(2):
        weft.again("store", f"Memory {number}", "x" * 60_000)
    shown = subprocess.run(
        ["bash", "-c", f"{BINARY} list --json | head -n 1"],
        env=weft.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (shown.stdout, shown.stderr) == ("[\n", "")
