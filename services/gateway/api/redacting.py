"""What people write is kept without the secrets in it: they are taken out before there is a command to put on disk."""

from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

from contracts.base import Name, Narrative, ProjectPath, Reason, SourceFile, Tag, Title
from contracts.documents import SourceId
from services.kit.redaction import redact

Written = TypeVar("Written", bound=BaseModel)

_TEXTS = {
    "title": Title,
    "narrative": Narrative,
    "tags": Tag,
    "concepts": Tag,
    "source_files": SourceFile,
    "context": Reason,
    "content": Narrative,
    "files": SourceFile,
    "summary": Narrative,
    "project_path": ProjectPath,
    "project_name": Name,
    "branch_name": Name,
    "user_id": Name,
    "source_id": SourceId,
}
METADATA = "metadata"
LENGTHS_MAX: dict[str, int] = {name: TypeAdapter(kind).json_schema()["maxLength"] for name, kind in _TEXTS.items()}
"""The fields that hold what somebody wrote, a text or a list of texts, and the longest text of each."""


def without_secrets(written: Written) -> tuple[Written, list[str]]:
    """`written` without the secrets in its texts, and a sentence for each field and kind of secret.

    A field that was not given stays so, and each text stays within its limit. In metadata a name (`password`) tells
    what its value is; no value of it gets longer.
    """
    clean, warnings = dict[str, Any](), list[str]()
    for name, length_max in LENGTHS_MAX.items():
        value = getattr(written, name, None)
        if not value:
            continue
        texts = [redact(text, length_max) for text in ([value] if isinstance(value, str) else value)]
        kinds = dict.fromkeys(kind for text in texts for kind in text.kinds)
        if kinds:
            clean[name] = texts[0].text if isinstance(value, str) else tuple(text.text for text in texts)
            warnings += [_sentence(kind, name) for kind in kinds]
    if metadata := getattr(written, METADATA, None):
        found = dict[str, None]()
        clean[METADATA] = _of_metadata(metadata, found)
        warnings += [_sentence(kind, METADATA) for kind in found]
    return written.model_copy(update=clean) if clean else written, warnings


def _of_metadata(value: Any, found: dict[str, None], name: str = "") -> Any:
    """`value` without its secrets; their kinds go into `found`."""
    if isinstance(value, dict):
        return {_of_text(each, found): _of_metadata(inner, found, each) for each, inner in value.items()}
    if isinstance(value, list):
        return [_of_metadata(inner, found, name) for inner in value]
    return _of_text(value, found, name) if isinstance(value, str) else value


def _of_text(text: str, found: dict[str, None], name: str = "") -> str:
    head = f"{name}: " if name else ""
    redacted = redact(head + text, len(head) + len(text))
    found |= dict.fromkeys(redacted.kinds)
    return redacted.text.removeprefix(head) if redacted.text.startswith(head) else redact(text, len(text)).text


def _sentence(kind: str, field: str) -> str:
    article = "An" if kind[0] in "AEIOUaeio" or kind.startswith("npm") else "A"
    return f"{article} {kind} in '{field}' was redacted before storing."
