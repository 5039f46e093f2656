"""Requests that are too big, too slow, from nobody, to nowhere, or no HTTP at all: told so, in few words."""

import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import urlsplit

import pytest

from services.kit.keys import make_key
from tests.examples import mistyped
from tests.flows.raw import STORE, exchange, read_answer, refused, request, send
from tests.stack import Stack


class TestSize:
    def test_20_mb_at_once_are_413_before_they_are_read(self, stack: Stack, token: str) -> None:
        refused(send(stack.url, token, b'{"title": "' + b"x" * 20_000_000 + b'"}'), 413)

    def test_20_mb_in_chunks_are_413_too(self, stack: Stack, token: str) -> None:
        headers = {"Authorization": token, "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        head = request("POST", STORE, {**headers, "Content-Length": ""})
        chunk = b"%x\r\n" % 65_536 + b"x" * 65_536 + b"\r\n"
        refused(exchange(stack.url, head, *[chunk] * 320, b"0\r\n\r\n"), 413)

    def test_a_body_that_says_it_is_huge_is_413_at_once(self, stack: Stack, token: str) -> None:
        headers = {"Authorization": token, "Content-Type": "application/json", "Content-Length": str(10**15)}
        refused(exchange(stack.url, request("POST", STORE, headers)), 413)

    def test_exactly_one_mebibyte_is_read(self, stack: Stack, token: str) -> None:
        body = b'{"title": "t", "narrative": "n"}'
        assert send(stack.url, token, body + b" " * (1_048_576 - len(body))).status == 201
        refused(send(stack.url, token, body + b" " * (1_048_577 - len(body))), 413)

    def test_the_connection_can_be_used_again_afterwards(self, stack: Stack, token: str) -> None:
        place = urlsplit(stack.url)
        headers = {"Authorization": token, "Content-Type": "application/json"}
        with socket.create_connection((place.hostname or "", place.port or 80), 15) as connection:
            connection.sendall(request("POST", STORE, headers, b"x" * 2_000_000))
            assert read_answer(connection).status == 413
            connection.sendall(request("GET", "/api/v1/workspace", {"Authorization": token}))
            assert read_answer(connection).status == 200


@pytest.mark.slow
class TestSlowness:
    def test_a_body_that_does_not_arrive_is_408_after_ten_seconds_and_so_is_a_head(
        self, stack: Stack, token: str
    ) -> None:
        headers = {"Authorization": token, "Content-Type": "application/json", "Content-Length": "100"}
        half_a_body = request("POST", STORE, headers, b'{"title"')
        half_a_head = b"POST /api/v1/memories/store HTTP/1.1\r\nHost: w\r\nX-Slow: "
        with ThreadPoolExecutor() as at_once:
            for answer in at_once.map(partial(exchange, stack.url), [half_a_body, half_a_head]):
                refused(answer, 408)
                assert answer.headers["connection"] == "close"


class TestAuthorization:
    def keys(self, token: str) -> dict[str, str]:
        key = token.removeprefix("Token ")
        return {
            "none": "",
            "Bearer": f"Bearer {key}",
            "no scheme": key,
            "no key": "Token ",
            "another scheme": f"Basic {key}",
            "cut": token[:-1],
            "longer": token + "a",
            "a wrong sum": mistyped(token),
            "unknown": f"Token {make_key().text}",
            "two keys": f"{token}, {token}",
            "a path": "Token ../../etc/passwd",
            "a subject": "Token wft_live_*_>",
        }

    @pytest.mark.parametrize(
        "name",
        [
            "none", "Bearer", "no scheme", "no key", "another scheme", "cut", "longer", "a wrong sum", "unknown",
            "two keys", "a path", "a subject",
        ],
    )  # fmt: skip
    def test_anything_but_a_token_is_401(self, stack: Stack, token: str, name: str) -> None:
        answer = exchange(stack.url, request("GET", "/api/v1/workspace", {"Authorization": self.keys(token)[name]}))
        refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Token"
        assert b"wft_live" not in answer.body

    @pytest.mark.parametrize("body", [b"{", b"x" * 2_000_000, b"\xff\xfe"])
    def test_it_is_asked_before_the_body_is_looked_at(self, stack: Stack, body: bytes) -> None:
        refused(send(stack.url, "Bearer nobody", body), 401)

    def test_and_before_parameters_are(self, stack: Stack) -> None:
        refused(exchange(stack.url, request("GET", "/api/v1/memories/?limit=x", {})), 401)

    def test_a_key_in_the_query_is_no_key_and_is_not_logged(self, stack: Stack, token: str) -> None:
        key = token.removeprefix("Token ")
        for name in ("token", "api_key", "Authorization", "key"):
            refused(exchange(stack.url, request("GET", f"/api/v1/workspace?{name}={key}", {})), 401)
        logs = "".join(file.read_text(errors="replace") for file in stack.home.path.rglob("*.log"))
        assert logs
        assert key not in logs

    def test_two_authorization_headers_are_400(self, stack: Stack, token: str) -> None:
        asked = request("GET", "/api/v1/workspace", {"Authorization": token, "authorization": token})
        refused(exchange(stack.url, asked), 400)

    def test_a_header_of_10_kb_is_431(self, stack: Stack, token: str) -> None:
        asked = request("GET", "/api/v1/workspace", {"Authorization": f"Token {'a' * 10_000}"})
        refused(exchange(stack.url, asked), 431)
        asked = request("GET", "/api/v1/workspace", {"Authorization": token, "X-Long": "a" * 10_000})
        refused(exchange(stack.url, asked), 431)

    def test_headers_without_end_are_431(self, stack: Stack, token: str) -> None:
        asked = request("GET", "/api/v1/workspace", {f"X-{n}": "a" * 1_000 for n in range(2_000)})
        refused(exchange(stack.url, asked), 431)


class TestPaths:
    @pytest.mark.parametrize(
        "name",
        [
            "%00", "mem-%00000000000000000", "mem-0000000000000000%00", "%ff%fe", "..%2f..%2fetc", "mem-*", "mem->",
            "$JS.API.STREAM.DELETE.COMMANDS", "MEM-0000000000000000", "mem-000000000000000", "mem-00000000000000000",
            "mem-000000000000000%E2%80%8B", "'%20or%201=1", "x" * 4_000, "550e8400-e29b-41d4-a716-446655440000",
            "mem-0000000000000000%0a", "mem-%D0%B0000000000000000",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    def test_what_is_no_memory_id_is_404(self, stack: Stack, token: str, name: str, method: str) -> None:
        body = b'{"title": "t"}' if method == "PATCH" else b""
        refused(send(stack.url, token, body, f"/api/v1/memories/{name}", method), 404)

    @pytest.mark.parametrize(
        "path",
        [
            "/nonsense",
            "/api",
            "/api/v1",
            "/api/v2/memories/",
            "/api/v1/memories/a/b",
            "/api/v1//memories",
            "/metrics",
            "/%00",
        ],
    )
    def test_what_is_no_route_is_404(self, stack: Stack, token: str, path: str) -> None:
        refused(send(stack.url, token, b"", path, "GET"), 404)

    @pytest.mark.parametrize("name", ["nonsense", "%00", "0" * 32, "00000000-0000-0000-0000-000000000000"])
    def test_a_command_that_is_none_is_404(self, stack: Stack, token: str, name: str) -> None:
        refused(send(stack.url, token, b"", f"/api/v1/commands/{name}", "GET"), 404)

    def test_another_method_is_405_and_says_which_there_are(self, stack: Stack, token: str) -> None:
        answer = send(stack.url, token, b"", "/api/v1/memories/mem-0000000000000000", "PUT")
        refused(answer, 405)
        assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"

    @pytest.mark.parametrize(
        "line",
        [
            b"NONSENSE / HTTP/1.1", b"GET / HTTP/9.9", b"GET", b"\x00\x01\x02", b"GET /\xff HTTP/1.1",
            b"GET http://[::1 HTTP/1.1", b"CONNECT x:1 HTTP/1.1", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        ],
    )  # fmt: skip
    def test_what_is_no_http_is_400(self, stack: Stack, line: bytes) -> None:
        refused(exchange(stack.url, line + b"\r\nHost: w\r\n\r\n"), 400)

    @pytest.mark.parametrize(
        "header",
        [
            b"Content-Length: -1",
            b"Content-Length: 1\r\nContent-Length: 2",
            b"X: a\x00b",
            b"bad header: x",
            b"X: \r\r\n",
        ],
    )
    def test_nor_are_broken_headers(self, stack: Stack, token: str, header: bytes) -> None:
        asked = b"POST /api/v1/memories/store HTTP/1.1\r\nHost: w\r\nAuthorization: " + token.encode() + b"\r\n"
        refused(exchange(stack.url, asked + header + b"\r\n\r\n"), 400)

    def test_an_upgrade_is_not_taken_up(self, stack: Stack, token: str) -> None:
        headers = {"Authorization": token, "Connection": "Upgrade", "Upgrade": "websocket", "Content-Length": ""}
        assert exchange(stack.url, request("GET", "/api/v1/workspace", headers)).status == 200


class TestIdempotencyKey:
    @pytest.mark.parametrize("key", ["x" * 300, "ü", "a b", "\x7f", "a\tb"])
    def test_300_characters_and_others_than_visible_ascii_are_422(self, stack: Stack, token: str, key: str) -> None:
        answer = send(stack.url, token, b'{"title": "t", "narrative": "n"}', **{"Idempotency-Key": key})
        assert answer.status in {400, 422}
        if answer.status == 422:
            refused(answer, 422, ["header", "Idempotency-Key"])

    def test_a_line_break_does_not_get_in(self, stack: Stack, token: str) -> None:
        for broken in (b"a\rb", b"a\x00b"):
            asked = {"Authorization": token, "Content-Type": "application/json", "Idempotency-Key": broken}
            refused(exchange(stack.url, request("POST", STORE, asked, b"{}")), 400)

    def test_two_of_them_are_422(self, stack: Stack, token: str) -> None:
        body = b'{"title": "t", "narrative": "n"}'
        refused(send(stack.url, token, body, **{"Idempotency-Key": "a", "idempotency-key": "b"}), 422)
