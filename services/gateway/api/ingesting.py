"""A document on its way in, in either form, as one: what is said of it, its bytes, and what kind of bytes they are."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from starlette.requests import Request

from contracts.documents import DOCUMENT_BYTES_MAX, MediaType
from services.gateway.api.document_shapes import AboutDocument, ContentType, NewDocument
from services.gateway.api.wire.bodies import fit, parse, read_object, too_large
from services.gateway.api.wire.errors import Problem, invalid
from services.gateway.api.wire.multipart import MULTIPART, Upload, is_multipart, read_multipart

JSON_BYTES_MAX = 12 * 1024 * 1024
TIMEOUT_S = 60.0
TITLE_CHARACTERS_MAX = 200
UNTITLED = "Untitled"

_OF_TEXT: dict[ContentType, MediaType] = {"text": "text/plain", "markdown": "text/markdown"}
_KNOWN: dict[str, MediaType] = {
    "text/plain": "text/plain",
    "text/markdown": "text/markdown",
    "text/x-markdown": "text/markdown",
    "application/pdf": "application/pdf",
}
_BY_NAME: dict[str, MediaType] = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".pdf": "application/pdf",
}
_SAYS_NOTHING = ("", "application/octet-stream", "text/plain")
"""What clients send for whatever they don't know: then the file's name says more."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document as it came in: `title` is what it is called where its author calls it nothing."""

    about: AboutDocument
    content: bytes
    sha256: str
    media_type: MediaType
    title: str

    def as_said(self) -> dict[str, Any]:
        """All of it in few words: the same for the same document, however it was sent."""
        said = self.about.model_dump(mode="json")
        return {**said, "sha256": self.sha256, "media_type": self.media_type, "title": self.title}


async def read_document(request: Request) -> Incoming:
    """Raises Problem: 413 and 415 for what is too large or of another type, 408, 400, 422."""
    if is_multipart(request):
        return _uploaded(*await read_multipart(request, DOCUMENT_BYTES_MAX, TIMEOUT_S))
    given = request.headers.get("content-type", "")
    if given and not given.lower().startswith("application/json"):
        raise Problem(415, f"Content-Type must be application/json in UTF-8, or {MULTIPART}.")
    value = await read_object(request, bytes_max=JSON_BYTES_MAX, timeout_s=TIMEOUT_S)
    return _written(fit(NewDocument, value))


def _written(document: NewDocument) -> Incoming:
    content = document.content.encode()
    if len(content) > DOCUMENT_BYTES_MAX:
        raise too_large("document", DOCUMENT_BYTES_MAX)
    about = AboutDocument(**{name: getattr(document, name) for name in AboutDocument.model_fields})
    title = document.title or title_in(document.content)
    return _incoming(about, content, _OF_TEXT[document.content_type or "markdown"], title)


def _uploaded(file: Upload, fields: dict[str, str]) -> Incoming:
    said: dict[str, Any] = dict(fields)
    if "metadata" in said:
        said["metadata"] = parse(said["metadata"].encode())
    about = fit(AboutDocument, said)
    media_type = _media_type(file, about.content_type)
    if not file.content.strip():
        raise invalid(["body", "file"], "must contain at least one visible character", "value_error")
    name = PurePosixPath(file.name.replace("\\", "/")).name[:TITLE_CHARACTERS_MAX]
    if media_type != "application/pdf":
        text = _decoded(file.content)
        return _incoming(about, file.content, media_type, about.title or _printable(name) or title_in(text))
    return _incoming(about, file.content, media_type, about.title or _printable(name) or UNTITLED)


def _incoming(about: AboutDocument, content: bytes, media_type: MediaType, title: str) -> Incoming:
    return Incoming(about, content, sha256(content).hexdigest(), media_type, title)


def _media_type(file: Upload, said: ContentType | None) -> MediaType:
    """What the fields say, else what the file says, else what its name does. Raises Problem (415)."""
    by_name = _BY_NAME.get(PurePosixPath(file.name).suffix.lower())
    found = (by_name if file.media_type in _SAYS_NOTHING else None) or _KNOWN.get(file.media_type)
    if said is not None and found != "application/pdf":
        return _OF_TEXT[said]
    if found is None:
        raise Problem(415, "The file must be text/plain, text/markdown or application/pdf.")
    return found


def _decoded(content: bytes) -> str:
    """A file's text. Raises Problem (422) where it is none: UTF-8, or UTF-16 that says so itself."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise invalid(["body", "file"], "must be text in UTF-8", "not_utf8") from None
    if "\0" in text:
        raise invalid(["body", "file"], "must not contain the NUL character", "value_error")
    return text


def title_in(text: str) -> str:
    """The first line in which there is something, without the marks of a heading."""
    begin = text.lstrip()[: TITLE_CHARACTERS_MAX * 10].splitlines()
    lines = (_printable(line.strip().lstrip("#"))[:TITLE_CHARACTERS_MAX] for line in begin)
    return next(filter(None, lines), UNTITLED)


def _printable(text: str) -> str:
    """Without what can't be seen; empty where nothing is left."""
    shown = "".join(it for it in text if it.isprintable()).strip()
    return shown if any(not it.isspace() for it in shown) else ""
