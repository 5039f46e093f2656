from pathlib import Path

import pytest

from deploy.local import logs


def test_a_log_that_grew_too_large_is_emptied_and_its_text_kept_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "BYTES_MAX", 10)
    log = tmp_path / "memory.log"
    with log.open("a") as writer:  # as a process has it
        for text in ("first generation\n", "second generation\n", "third generation\n"):
            writer.write(text)
            writer.flush()
            logs.rotate(tmp_path)
        writer.write("now\n")
    assert log.read_text() == "now\n"
    assert (tmp_path / "memory.log.1").read_text() == "third generation\n"
    assert (tmp_path / "memory.log.2").read_text() == "second generation\n"
    assert not (tmp_path / "memory.log.3").exists()


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "memory.log").write_text("a line\n")
    logs.rotate(tmp_path)
    assert (tmp_path / "memory.log").read_text() == "a line\n"


def test_all_logs_are_shown_with_their_names_and_one_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "memory.log").write_text("one\ntwo\n")
    (tmp_path / "search.log").write_text("three\n")
    assert logs.show(tmp_path, None, 1, follow=False) == 0
    assert capsys.readouterr().out == "memory | two\nsearch | three\n"
    assert logs.show(tmp_path, "memory", 5, follow=False) == 0
    assert capsys.readouterr().out == "one\ntwo\n"


def test_an_unknown_log_is_refused_with_the_names_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "memory.log").write_text("")
    assert logs.show(tmp_path, "graph", 5, follow=False) == 1
    assert "there are: memory" in capsys.readouterr().err
