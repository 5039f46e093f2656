"""uvicorn's HTTP/1.1, and what it leaves open: limits for headers and unread bodies, a deadline, errors in JSON."""

import asyncio

from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEADERS_BYTES_MAX = 64 * 1024
HEADERS_TIMEOUT_S = 10.0
UNREAD_BYTES_MAX = 32 * 1024 * 1024
"""A client that was refused may finish its sentence, so that it reads the answer; but not for ever."""


class Protocol(HttpToolsProtocol):
    """One connection."""

    _header_bytes = 0
    _unread_bytes = 0
    _has_begun = False
    _has_request = False
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_deadline()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = self._unread_bytes = 0
        self._has_begun = True
        if self._deadline is None:
            self._start_deadline()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self._end_deadline()
        self._has_request = not self.transport.is_closing()
        if self._has_request:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._has_request:
            return
        if self.cycle.response_complete:
            self._unread_bytes += len(body)
            if self._unread_bytes > UNREAD_BYTES_MAX:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._has_request:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            self._refuse(400, msg)

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > HEADERS_BYTES_MAX and not self.transport.is_closing():
            self._refuse(431, "The headers are too long.")

    def _refuse(self, status: int, detail: str) -> None:
        """Answers without the application, and closes."""
        content = to_json({"detail": detail})
        head = f"content-type: application/json\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head.encode() + content)
        self.transport.close()

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(HEADERS_TIMEOUT_S, self._too_late)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if not self._has_begun:
            self.transport.close()  # connected, and never said a word
        elif self._has_request and not self.cycle.response_complete:
            self._start_deadline()  # an earlier request of this connection is still being answered
        else:
            self._refuse(408, f"The headers did not arrive within {HEADERS_TIMEOUT_S:.0f} s.")
