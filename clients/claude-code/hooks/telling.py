"""What happened, as Weft is told it: kinds, texts and files in the forms of `weft import-transcript`. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

COMMAND_MAX, OUTPUT_MAX, EDIT_MAX, READ_MAX, INPUT_MAX = 4_000, 8_000, 8_000, 2_000, 2_000
MESSAGE_MAX = 16_000
FILE_MAX = 1_024

_PRIVATE = re.compile(r"<private>.*?(?:</private>|\Z)", re.DOTALL | re.IGNORECASE)
_REMINDER = re.compile(r"<system-reminder>.*?(?:</system-reminder>|\Z)", re.DOTALL)

Json = dict[str, Any]


def public(value: Any) -> Any:
    """An event, or a part of one, without what somebody called private, what the program put in between, and what JSON
    can't carry. Before anything is cut: half a pair of tags hides nothing."""
    if isinstance(value, str):
        kept = _REMINDER.sub("", _PRIVATE.sub("", value))
        return kept.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [public(each) for each in value]
    if isinstance(value, dict):
        return {name: public(each) for name, each in value.items()}
    return value


def told(name: str, given: Json, result: str, project: str, *, failed: bool) -> tuple[str, str, list[str]]:
    """A tool's use as an observation: its kind, its text, its files."""
    path = within_project(string(given, "file_path") or string(given, "notebook_path"), project)
    files = [path] if path and len(path) <= FILE_MAX else []
    if name in ("Read", "NotebookRead"):
        return "file_read", f"=== {path}\n{cut(result, READ_MAX)}", files
    if name in ("Edit", "MultiEdit", "Write", "NotebookEdit"):
        return "file_edit", f"+++ {path}\n{cut(changes(given), EDIT_MAX)}" + (f"\n{result}" if failed else ""), files
    if name in ("Bash", "PowerShell"):
        return "command", f"{cut(string(given, 'command'), COMMAND_MAX)}\n{cut(result, OUTPUT_MAX)}", []
    if name in ("Task", "Agent") and not failed:
        return "message", cut(result, MESSAGE_MAX), []
    return "tool_use", f"{name} {cut(json.dumps(given, ensure_ascii=False), INPUT_MAX)}\n{cut(result, READ_MAX)}", []


def changes(given: Json) -> str:
    """Lines taken away and lines added."""
    lines: list[str] = []
    for edit in given.get("edits") or [given]:
        new = next((string(edit, key) for key in ("new_string", "content", "new_source") if string(edit, key)), "")
        lines += [f"- {line}" for line in string(edit, "old_string").splitlines()]
        lines += [f"+ {line}" for line in new.splitlines()]
    return "\n".join(lines)


def text_of(value: Any) -> str:
    """What a tool returned, as text: of an object the fields that have it, else all of it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, map(text_of, value)))
    if isinstance(value, dict):
        known = [
            text_of(value[name]) for name in ("stdout", "stderr", "text", "content", "file", "result") if name in value
        ]
        return "\n".join(filter(None, known)) if known else json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def within_project(path: str, project: str) -> str:
    root = project.rstrip("/") + "/"
    return path[len(root) :] if path.startswith(root) else path


def cut(text: str, length_max: int) -> str:
    """A longer text without its middle: beginning and end tell most."""
    if len(text) <= length_max:
        return text
    head, tail = length_max * 2 // 3, length_max // 3 - 60
    return f"{text[:head]}\n[... {len(text) - head - tail:,} characters left out ...]\n{text[-tail:]}"


def string(values: Any, name: str) -> str:
    found = values.get(name) if isinstance(values, dict) else None
    return found if isinstance(found, str) else ""
