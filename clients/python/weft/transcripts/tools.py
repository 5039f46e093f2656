"""What an agent did with a tool, as an observation: its kind, what to keep of it, which files it was about."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from weft.transcripts.words import cut, is_visible, returned

Kind = Literal["tool_use", "file_read", "file_edit", "command", "message", "note"]

COMMAND_MAX = 8_000
OUTPUT_MAX = 12_000
READ_MAX = 2_000
EDIT_MAX = 8_000
INPUT_MAX = 2_000
RESULT_MAX = 4_000
REPORT_MAX = 32_000
RETURNED_MAX = 65_536
FILE_MAX = 1_024

_AGENT_ID = re.compile(r"^(?:agentId:|<usage>).*\Z", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Use:
    """A tool, what it was given, and what it returned, if anything."""

    name: str
    given: dict[str, Any]
    result: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a use comes to. `role` is set where it is speech: a sub-agent's report is."""

    kind: Kind
    content: str
    files: tuple[str, ...] = ()
    role: str = ""


def told(use: Use, project_path: str) -> Told:
    """Of a file the path within the project. What a tool returned stands behind what it was asked for."""
    result = returned(cut(use.result, RETURNED_MAX))
    match use.name:
        case "Read" | "NotebookRead":
            return _about_file("file_read", use, project_path, cut(result, READ_MAX))
        case "Edit" | "MultiEdit" | "Write" | "NotebookEdit":
            changed = cut("\n".join(_changes(use.given)), EDIT_MAX)
            return _about_file("file_edit", use, project_path, _joined(changed, result if use.failed else ""))
        case "Bash" | "PowerShell":
            command = cut(_string(use.given, "command"), COMMAND_MAX)
            return Told("command", _joined(command, cut(result, OUTPUT_MAX)))
        case "Task" | "Agent" if not use.failed and is_visible(report := _AGENT_ID.sub("", result)):
            return Told("message", cut(report.strip(), REPORT_MAX), role="assistant")
        case _:
            return Told("tool_use", _joined(f"{use.name} {_input(use.given)}", cut(result, RESULT_MAX)))


def within(path: str, project_path: str) -> str:
    """`path` as the project sees it, with forward slashes; one outside of it as it is."""
    plain, root = path.strip().replace("\\", "/"), project_path.replace("\\", "/").rstrip("/")
    return plain[len(root) + 1 :] if root and plain.startswith(f"{root}/") else plain


def _about_file(kind: Kind, use: Use, project_path: str, text: str) -> Told:
    """A heading as in a diff: it is not to be taken for a sentence somebody said."""
    path = within(_string(use.given, "file_path") or _string(use.given, "notebook_path"), project_path)
    files = (path,) if is_visible(path) and len(path) <= FILE_MAX else ()
    sign = "+++" if kind == "file_edit" else "==="
    return Told(kind, _joined(f"{sign} {path[:FILE_MAX]}", text), files)


def _changes(given: dict[str, Any]) -> list[str]:
    """Lines taken away and lines added, in the order of the edits."""
    several = given.get("edits")
    edits: Sequence[Any] = several if isinstance(several, list) else [given]
    lines: list[str] = []
    for edit in edits:
        if isinstance(edit, dict):
            lines += [f"- {line}" for line in _string(edit, "old_string").splitlines()]
            new = next((_string(edit, name) for name in ("new_string", "content", "new_source") if name in edit), "")
            lines += [f"+ {line}" for line in new.splitlines()]
    return lines


def _input(given: dict[str, Any]) -> str:
    try:
        return cut(json.dumps(given, ensure_ascii=False), INPUT_MAX)
    except RecursionError:
        return "(nested too deeply)"


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _string(given: dict[str, Any], name: str) -> str:
    found = given.get(name)
    return found if isinstance(found, str) else ""
