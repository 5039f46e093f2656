"""Reading Claude Code's transcripts: what becomes of each kind of line, and of files that are not as they should be."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from weft.transcripts import lines
from weft.transcripts.reading import Observation, Reading, Rewritten
from weft.transcripts.sessions import Found, NoTranscript, Session, scan, transcripts
from weft.transcripts.tools import Use, told
from weft.transcripts.words import compact_summary, cut, spoken

FOLDER = Path(__file__).parent / "transcripts"
BILLING, SHOP, RESUMED = (f"5b1c0f6e-0a51-4f0e-9d0e-1f7c2a9b000{number}" for number in (1, 2, 3))


def found(*names: str) -> dict[str, Session]:
    return {each.session_id: each for each in scan([FOLDER / name for name in names]).sessions}


def read(session: Session) -> tuple[list[Observation], Reading]:
    reading = Reading(session, session.after, session.last_mark)
    return list(reading), reading


@pytest.fixture(scope="module")
def billing() -> list[Observation]:
    return read(found("billing.jsonl")[BILLING])[0]


def of_tool(observations: list[Observation], tool: str) -> list[Observation]:
    return [each for each in observations if each.metadata.get("tool") == tool]


class TestEachKindOfLine:
    def test_a_session_knows_its_project_branch_and_version(self) -> None:
        session = found("billing.jsonl")[BILLING]
        assert (session.project_path, session.project_name) == ("/home/ada/billing", "billing")
        assert (session.branch, session.version) == ("fix/invoices", "2.1.12")

    def test_what_was_said_is_a_message_with_its_role_and_time(self, billing: list[Observation]) -> None:
        first, second = billing[:2]
        assert (first.kind, first.metadata["role"], first.at) == ("message", "user", "2026-02-03T09:00:01.120Z")
        assert first.content.endswith("never as floats.")
        assert (second.kind, second.metadata["role"]) == ("message", "assistant")

    def test_a_read_file_is_named_as_its_project_names_it(self, billing: list[Observation]) -> None:
        (each,) = of_tool(billing, "Read")
        assert (each.kind, each.files) == ("file_read", ("billing/tasks.py",))
        assert "def send_invoice" in each.content
        assert "malicious" not in each.content

    def test_an_edit_is_what_went_and_what_came(self, billing: list[Observation]) -> None:
        (each,) = of_tool(billing, "Edit")
        assert (each.kind, each.files) == ("file_edit", ("billing/views.py",))
        gone, come = "send_invoice.delay(invoice.id)", "transaction.on_commit(lambda: send_invoice.delay(invoice.id))"
        assert each.content == f"+++ billing/views.py\n- {gone}\n+ {come}"

    def test_a_command_stands_with_its_output_after_the_edit_that_it_tests(self, billing: list[Observation]) -> None:
        failed, passed, commit = of_tool(billing, "Bash")
        assert failed.content == "pytest billing -q\nExit code 1\nF....\n1 failed, 4 passed in 6.22s"
        assert failed.metadata["is_error"] is True
        assert passed.content == "pytest billing -q\n5 passed in 6.31s"
        assert passed.at == "2026-02-03T09:00:40.120Z"
        assert billing.index(passed) > billing.index(of_tool(billing, "Write")[0]) > billing.index(failed)
        assert commit.content.startswith("git commit")

    def test_a_sub_agents_report_is_a_message_and_its_own_lines_are_not_taken(self, billing: list[Observation]) -> None:
        (report,) = of_tool(billing, "Task")
        assert (report.kind, report.metadata["role"]) == ("message", "assistant")
        assert report.content == "send_invoice is enqueued inside transaction.atomic(), in billing/views.py."
        assert not [each for each in billing if "called from the billing view" in each.content]

    def test_any_other_tool_is_a_use_with_input_and_result(self, billing: list[Observation]) -> None:
        (each,) = of_tool(billing, "Grep")
        assert (each.kind, each.content.splitlines()[-1]) == ("tool_use", "Found 0 files")

    def test_thoughts_pictures_and_echoes_of_commands_are_left_out(self) -> None:
        observations, reading = read(found("billing.jsonl")[BILLING])
        assert len(observations) == 14
        assert dict(reading.left_out) == {
            "thoughts": 1,
            "pictures and documents": 1,
            "messages of Claude Code itself": 2,
        }

    def test_a_notebook_several_edits_and_one_that_failed(self) -> None:
        observations, reading = read(found("compacted.jsonl")[SHOP])
        cell, several, comment = observations[2:]
        assert (cell.kind, cell.files, cell.content) == (
            "file_edit",
            ("bench.ipynb",),
            "+++ bench.ipynb\n+ search('shoe')",
        )
        assert several.content.endswith("\nString to replace not found in file.")
        assert several.metadata["is_error"] is True
        assert comment.content.endswith("\ncommented")
        assert reading.left_out["pictures and documents"] == 1

    def test_what_is_skipped_is_counted_by_its_type(self) -> None:
        left_out = scan([FOLDER / "billing.jsonl"]).left_out
        assert left_out.unknown_types == {"hologram": 1}
        assert set(left_out.types) == {"progress", "system", "queue-operation", "file-history-snapshot"}
        assert left_out.lines == {"of sub-agents": 2, "cut off at the end of a file": 1}

    def test_a_line_is_named_so_that_an_observation_can_be_traced(self, billing: list[Observation]) -> None:
        (each,) = of_tool(billing, "Write")
        assert each.metadata["line"] == "a0000000-0000-4000-8000-00000000000d:1"


class TestSummaries:
    def test_a_compact_summary_is_the_sessions_without_the_orders_around_it(self) -> None:
        _, reading = read(found("compacted.jsonl")[SHOP])
        assert reading.summary is not None
        assert reading.summary.startswith("We chose a trigram index over a search engine because")
        assert "Please continue" not in reading.summary
        assert "asked for a faster search" not in reading.summary

    def test_a_title_belongs_to_the_conversation_that_has_its_line(self) -> None:
        both = found("compacted.jsonl", "resumed.jsonl")
        assert str(read(both[SHOP])[1].summary).startswith("Search made fast with trigrams\n\nWe chose")
        assert read(both[RESUMED])[1].summary is None

    def test_a_title_of_a_conversation_that_is_not_here_is_counted(self) -> None:
        assert scan([FOLDER / "compacted.jsonl"]).left_out.lines == {"summaries of conversations that are not here": 1}

    def test_the_tags_of_older_versions_are_no_part_of_it(self) -> None:
        assert compact_summary("<analysis>\nA\n</analysis>\n\n<summary>\nKept.\n</summary>") == "Kept."


class TestResumedSessions:
    def test_lines_that_were_copied_from_another_session_are_not_read_again(self) -> None:
        observations, _ = read(found("compacted.jsonl", "resumed.jsonl")[RESUMED])
        assert [each.content for each in observations] == ["Also sort by price.", "Prices are sorted now."]

    def test_without_the_other_session_they_are_read(self) -> None:
        assert len(read(found("resumed.jsonl")[RESUMED])[0]) == 4

    def test_a_session_in_two_files_is_read_once_in_the_order_of_time(self, tmp_path: Path) -> None:
        def talk(number: int) -> dict[str, Any]:
            return a_line(uuid=f"u{number}", timestamp=f"2026-01-01T00:00:0{number}Z", text=f"{number}")

        write(tmp_path / "b.jsonl", talk(1), talk(2))
        write(tmp_path / "a.jsonl", talk(1), talk(2), talk(3), talk(4))
        session = the_session(tmp_path)
        assert session.lines == 4
        assert [each.content for each in read(session)[0]] == ["1", "2", "3", "4"]


class TestParts:
    def test_what_came_after_a_line_is_read_by_itself(self, tmp_path: Path) -> None:
        file = write(tmp_path / "a.jsonl", *(a_line(uuid=f"u{number}", text=f"{number}") for number in range(3)))
        until = the_session(tmp_path).last_mark
        with file.open("a") as opened:
            opened.write(json.dumps(a_line(uuid="u3", text="3")) + "\n")
        session = the_session(tmp_path)
        assert [each.content for each in Reading(session, until, session.last_mark)] == ["3"]
        assert [each.content for each in Reading(session, None, until)] == ["0", "1", "2"]

    def test_a_line_that_is_gone_is_said_to_be(self, tmp_path: Path) -> None:
        write(tmp_path / "a.jsonl", a_line(uuid="u1"))
        session = the_session(tmp_path)
        with pytest.raises(Rewritten):
            list(Reading(session, 7, session.last_mark))

    def test_a_tool_that_never_answered_is_told_at_the_end(self, tmp_path: Path) -> None:
        asked = [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "make"}}]
        write(tmp_path / "a.jsonl", a_line(uuid="u1", content=asked), a_line(uuid="u2", text="Later"))
        assert [each.content for each in read(the_session(tmp_path))[0]] == ["Later", "make"]


def a_line(**fields: Any) -> dict[str, Any]:
    content = fields.pop("content", None) or fields.pop("text", "Something.")
    line = {"type": "user", "uuid": "u", "sessionId": "s", "timestamp": "2026-01-01T00:00:00Z", "cwd": "/home/ada/x"}
    return {**line, "message": {"role": "user", "content": content}, **fields}


def write(path: Path, *objects: Any) -> Path:
    """Objects as JSON, bytes as they are; a line each."""
    path.write_bytes(
        b"".join(each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in objects)
    )
    return path


def the_session(folder: Path) -> Session:
    (session,) = scan(transcripts(folder)).sessions
    return session


class TestDamage:
    def scanned(self, tmp_path: Path, *objects: Any) -> tuple[Found, list[Observation]]:
        result = scan([write(tmp_path / "a.jsonl", *objects)])
        return result, [each for session in result.sessions for each in read(session)[0]]

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (b"not json\n", lines.NO_JSON),
            (b'{"type": "user", "message": "\xff"}\n', lines.NOT_UTF8),
            (b"\0\0\0\0\n", lines.NO_JSON),
            (b'{"a":' * 100_000 + b"\n", lines.TOO_DEEP),
            (b'{"type": "user", "x": "' + b"a" * lines.LINE_BYTES_MAX + b'"}\n', lines.TOO_LONG),
            (b'{"n": ' + b"9" * 5_000 + b"}\n", lines.NO_JSON),
            (b"[1, 2]\n", lines.MALFORMED),
            (b'{"type": "user", "sessionId": "s", "message": 7}\n', lines.MALFORMED),
            (b'{"type": "user", "sessionId": "s", "message": {"content": 7}}\n', lines.MALFORMED),
            (b'{"type": "user", "sessionId": "a b", "message": {"content": "x"}}\n', lines.NO_SESSION),
            (b'{"type": "user", "message": {"content": "x"}}\n', lines.NO_SESSION),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_bad_line_is_counted_and_the_others_are_read(self, tmp_path: Path, line: bytes, reason: str) -> None:
        result, observations = self.scanned(tmp_path, a_line(uuid="u1", text="Before"), line, a_line(text="After"))
        assert [each.content for each in observations] == ["Before", "After"]
        assert result.left_out.lines == {reason: 1}
        assert not result.problems

    def test_a_file_without_a_session_is_a_problem_that_names_its_lines(self, tmp_path: Path) -> None:
        result, _ = self.scanned(tmp_path, b"x\n", b'{"type": "user", "message": {"content": "x"}}\n')
        (problem,) = result.problems
        assert problem.endswith(f"a.jsonl: no session in it; lines: 1 no JSON, 1 {lines.NO_SESSION}")

    def test_an_empty_file_and_one_of_a_sub_agent_are_none(self, tmp_path: Path) -> None:
        empty, agent = write(tmp_path / "a.jsonl"), write(tmp_path / "b.jsonl", a_line(isSidechain=True))
        result = scan([empty, agent])
        assert (result.sessions, result.problems) == ([], [])

    def test_a_missing_time_is_that_of_the_line_before(self, tmp_path: Path) -> None:
        _, observations = self.scanned(
            tmp_path,
            a_line(uuid="u0", timestamp=None),
            a_line(uuid="u1", timestamp="2026-01-01T02:00:00+01:00"),
            a_line(uuid="u2", timestamp="yesterday"),
            a_line(uuid="u3", timestamp="0001-01-01T00:00:00+14:00"),
            a_line(uuid="u4", timestamp="2025-01-01T00:00:00"),
        )
        one = "2026-01-01T01:00:00.000Z"
        assert [each.at for each in observations] == [None, one, one, one, "2025-01-01T00:00:00.000Z"]

    def test_what_json_can_say_and_weft_can_not_keep_is_taken_out(self, tmp_path: Path) -> None:
        _, (each,) = self.scanned(tmp_path, a_line(text="a\0b\ud800c"))
        assert each.content == "ab?c"

    def test_blocks_of_any_shape_do_no_harm(self, tmp_path: Path) -> None:
        odd = [
            None,
            7,
            {"type": ["text"]},
            {"type": "text", "text": None},
            {"type": "tool_use", "id": 3, "name": [], "input": "x"},
            {"type": "tool_use", "id": "t", "name": "Edit", "input": {"file_path": 5, "edits": [1, {"old_string": 2}]}},
            {"type": "tool_result", "tool_use_id": [], "content": 9},
            {"type": "tool_result", "tool_use_id": "t", "content": [None, 1, {"type": "text", "text": 4}]},
        ]
        _, observations = self.scanned(tmp_path, a_line(content=odd), a_line(uuid="u2", text="Still here"))
        assert observations[-1].content == "Still here"
        assert [each.metadata["tool"] for each in observations[:-1]] == ["unknown", "unknown", "Edit"]

    def test_types_without_end_are_counted_under_a_few_names(self, tmp_path: Path) -> None:
        result, _ = self.scanned(tmp_path, *({"type": f"t{number}\x1b[31m"} for number in range(500)))
        assert len(result.left_out.unknown_types) == lines.UNKNOWN_TYPES_MAX + 1
        assert result.left_out.unknown_types.total() == 500
        assert not any("\x1b" in name for name in result.left_out.unknown_types)

    @pytest.mark.slow
    def test_a_long_file_is_read_in_a_few_megabytes(self, tmp_path: Path) -> None:
        import tracemalloc  # noqa: PLC0415 - it slows down what is measured, and only that

        path = tmp_path / "a.jsonl"
        with path.open("w") as opened:
            for number in range(5_000):
                opened.write(json.dumps(a_line(uuid=f"u{number}", text="words " * 1_000)) + "\n")
        tracemalloc.start()
        session = the_session(tmp_path)
        assert sum(1 for _ in Reading(session, None, session.last_mark)) == 5_000
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < path.stat().st_size / 5


class TestWords:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("Do it<system-reminder>Not this</system-reminder> now", "Do it now"),
            ("Do it<system-reminder>never closed", "Do it"),
            ("<command-name>/review</command-name><command-args>We use tabs.</command-args>", "We use tabs."),
            ("[Request interrupted by user for tool use]", ""),
            ("<local-command-stdout>Total cost: $1</local-command-stdout>", ""),
            ("if a <b and c> d: <div>x</div>", "if a <b and c> d: <div>x</div>"),
        ],
    )
    def test_of_a_users_message_only_the_users_words_are_kept(self, text: str, kept: str) -> None:
        assert spoken(text) == kept

    def test_a_long_text_keeps_beginning_and_end_and_says_how_much_is_missing(self) -> None:
        short = cut("a" * 5_000 + "1 failed", 1_000)
        assert len(short) <= 1_000
        assert short.endswith("1 failed")
        assert "characters left out ...]" in short

    def test_an_edit_of_one_line_is_not_taken_for_a_sentence(self) -> None:
        said = told(Use("Write", {"file_path": "/p/my notes", "content": "We always use tabs."}), "/p")
        assert said.content == "+++ my notes\n+ We always use tabs."

    def test_a_path_on_windows_is_within_its_project_too(self) -> None:
        assert told(Use("Read", {"file_path": r"C:\x\src\a.py"}), r"C:\x").files == ("src/a.py",)


class TestWhichFiles:
    def test_a_folder_is_searched_to_its_end(self, tmp_path: Path) -> None:
        (tmp_path / "p" / "q").mkdir(parents=True)
        wanted = [write(tmp_path / "p" / "a.jsonl"), write(tmp_path / "p" / "q" / "b.jsonl")]
        write(tmp_path / "p" / "c.json")
        assert transcripts(tmp_path) == wanted
        assert transcripts(wanted[0]) == wanted[:1]

    @pytest.mark.parametrize("name", ["", "nowhere"])
    def test_nothing_to_read_is_said_in_a_sentence(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(NoTranscript, match=r"there is no|neither a file nor a folder"):
            transcripts(tmp_path / name)


def imports_of(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        if line.startswith(("import ", "from ")):
            yield line.split()[1]


def test_the_reader_needs_nothing_but_the_standard_library() -> None:
    import sys  # noqa: PLC0415

    told = {"importing.py", "learning.py"}  # what comes after reading
    files = [each for each in Path(lines.__file__).parent.glob("*.py") if each.name not in told]
    own = "weft.transcripts"
    assert len(files) > 3
    strangers = {
        name
        for file in files
        for name in imports_of(file)
        if not name.startswith(own) and name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert strangers == set()
