"""Reading a multipart body: a file and the fields beside it, held in memory and nowhere else."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from services.gateway.api.wire.bodies import BODY_BYTES_MAX, read_bytes, too_large
from services.gateway.api.wire.errors import Problem, invalid

MULTIPART = "multipart/form-data"
FIELDS_MAX = 32
FIELDS_BYTES_MAX = 65_536
"""Of one field."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came. `name` and `media_type` (in lower case, without parameters) are what its sender says."""

    content: bytes
    name: str
    media_type: str


def is_multipart(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART


async def read_multipart(request: Request, file_bytes_max: int, timeout_s: float) -> tuple[Upload, dict[str, str]]:
    """The part `file`, at most `file_bytes_max`, and the other fields by name.

    Raises Problem: 413, 408, 415 for a compressed body, 400 for a field named twice, 422 for what is no such form.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Content-Encoding is not supported.")
    body = await read_bytes(request, file_bytes_max + BODY_BYTES_MAX, timeout_s)
    parser = MultiPartParser(
        request.headers, _at_once(body), max_files=1, max_fields=FIELDS_MAX, max_part_size=FIELDS_BYTES_MAX
    )
    parser.spool_max_size = len(body) + 1  # never to a file on disk
    try:
        form = await parser.parse()
    except MultiPartException as fault:
        raise invalid(["body"], fault.message, "multipart_invalid") from None
    given = form.multi_items()
    if len({name for name, _ in given}) < len(given):
        raise Problem(400, "The body names a field twice.")
    fields = {name: value for name, value in given if isinstance(value, str)}
    file = form.get("file")
    if not isinstance(file, UploadFile) or len(fields) + 1 < len(given):
        raise invalid(["body", "file"], "Input should be one file, in the part 'file'", "missing")
    if (file.size or 0) > file_bytes_max:
        raise too_large("file", file_bytes_max)
    media_type = (file.content_type or "").partition(";")[0].strip().lower()
    return Upload(await file.read(), file.filename or "", media_type), fields


async def _at_once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
