"""HTTP written by hand, for what no decent client would send."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.stack import PATIENCE_S

STORE = "/api/v1/memories/store"
SMALL = 2_048
MARK = "zq7-never-to-be-repeated"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def exchange(url: str, *parts: bytes, timeout_s: float = PATIENCE_S) -> Answer:
    """Sends `parts` one after the other on a connection of their own, and reads one answer.

    What the server does not want to read any more need not be sent.
    """
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 80), timeout_s) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read_answer(connection)


def read_answer(connection: socket.socket) -> Answer:
    """One answer with a Content-Length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    status_line, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers["content-length"]):
        body += _more(connection)
    return Answer(int(status_line.split()[1]), headers, body)


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    assert received, "the server closed the connection without a whole answer"
    return received


def request(method: str, path: str | bytes, headers: Mapping[str, str | bytes], body: bytes = b"") -> bytes:
    """A request as bytes, nothing checked, nothing added but Host and the body's length."""
    given: dict[str, str | bytes] = {"Host": "weft", "Content-Length": str(len(body)), **headers}
    lines = [b" ".join((method.encode(), _bytes(path), b"HTTP/1.1"))]
    lines += [name.encode() + b": " + _bytes(value) for name, value in given.items() if value != ""]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


def send(url: str, token: str, body: bytes, path: str = STORE, method: str = "POST", **headers: Any) -> Answer:
    given = {"Authorization": token, "Content-Type": "application/json", **headers}
    return exchange(url, request(method, path, given, body))


def refused(answer: Answer, status: int, loc: list[str] | None = None) -> None:
    """A documented error, small, in our shape, without the input."""
    assert answer.status == status, answer.body[:300]
    assert len(answer.body) <= SMALL
    assert answer.headers["content-type"] == "application/json"
    assert MARK.encode() not in answer.body
    detail = json.loads(answer.body)["detail"]
    if status == 422:
        assert all(set(each) == {"loc", "msg", "type"} for each in detail)
    else:
        assert isinstance(detail, str)
    if loc is not None:
        assert detail[0]["loc"] == loc
