"""The dashboard: the files that were built of clients/dashboard, at `/`. They are read once, at the start, and answered
from memory: what is not among them then is not there, however it is asked for.

It is where a path comes to that no route answers. A browser that asks for a page gets it, and the page finds out by
itself what the path means. What is below the API stays the API's 404.
"""

import gzip
from dataclasses import dataclass
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.gateway.api.wire.errors import Problem

INDEX = "index.html"
ASSETS = "assets/"
"""Below it a file's name changes with its content."""
OF_THE_API = {"api", "v1", "mcp", "docs", "healthz", "readyz", "metrics", "openapi.json", ASSETS.rstrip("/")}
"""First parts of paths at which a browser gets no page."""
NONE_BUILT = (
    "There is no page here: this server has no dashboard. The API is below /api/v1 and /v1, and described at /docs."
)
POLICY = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}
_WORTH_ZIPPING = ("text/", "application/", "image/svg")


@dataclass(frozen=True, slots=True)
class File:
    """`zipped` is null where that is not shorter."""

    content: bytes
    zipped: bytes | None
    media_type: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> "File":
        content = path.read_bytes()
        media_type = _TYPES.get(path.suffix) or guess_type(path.name)[0] or "application/octet-stream"
        zipped = gzip.compress(content, mtime=0) if media_type.startswith(_WORTH_ZIPPING) else content
        etag = f'"{sha256(content).hexdigest()[:32]}"'
        return cls(content, zipped if len(zipped) < len(content) else None, media_type, etag)


class Dashboard:
    """`folder` is what was built; None, or a folder without a page: every path is unknown, and `/` says why."""

    def __init__(self, folder: Path | None):
        there = folder is not None and (folder / INDEX).is_file()
        paths = sorted(folder.rglob("*")) if folder is not None and there else []
        self._files = {
            path.relative_to(folder).as_posix(): File.read(path) for path in paths if folder and path.is_file()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        path, headers = str(scope["path"]).removeprefix("/"), Headers(scope=scope)
        name = INDEX if path == "" else path
        if scope["method"] == "GET" and name not in self._files and _is_page(path, headers):
            name = INDEX
        file = self._files.get(name) if scope["method"] == "GET" else None
        if file is None:
            return Problem(404, NONE_BUILT if name == INDEX and not self._files else "Not Found").response()
        return _give(name, file, headers)


def _is_page(path: str, headers: Headers) -> bool:
    """Whether a browser asks for what can be a place in the dashboard."""
    return "text/html" in headers.get("accept", "") and path.split("/", 1)[0] not in OF_THE_API


def _give(name: str, file: File, headers: Headers) -> Response:
    lasting = "public, max-age=31536000, immutable" if name.startswith(ASSETS) else "no-cache"
    about = {**POLICY, "Cache-Control": lasting, "ETag": file.etag, "Vary": "Accept-Encoding"}
    if file.etag in headers.get("if-none-match", ""):
        return Response(status_code=304, headers=about)
    if file.zipped is not None and "gzip" in headers.get("accept-encoding", ""):
        return Response(file.zipped, headers={**about, "Content-Encoding": "gzip"}, media_type=file.media_type)
    return Response(file.content, headers=about, media_type=file.media_type)
