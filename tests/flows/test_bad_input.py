"""Bad input, over the real stack: a documented 4xx, small, without repeating what was sent, and never a 5xx."""

import gzip
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from services.kit.keys import make_key
from tests.flows.conftest import store
from tests.flows.raw import Answer, exchange, read_answer, request
from tests.stack import Stack

STORE = "/api/v1/memories/store"
SEARCH = "/api/v1/memories/search"
SMALL = 2_048
MARK = "zq7-never-to-be-repeated"
TITLE_AND_NARRATIVE = '"title": "t", "narrative": "n"'


@pytest.fixture
def token(anyone: httpx2.Client) -> str:
    return anyone.headers["Authorization"]


def send(stack: Stack, token: str, body: bytes, path: str = STORE, method: str = "POST", **headers: Any) -> Answer:
    given = {"Authorization": token, "Content-Type": "application/json", **headers}
    return exchange(stack.url, request(method, path, given, body))


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


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


BODIES: dict[str, tuple[str, int, list[str] | None]] = {
    # 1 and 2: characters that no text has
    "NUL in the title": (r'{"title": "a\u0000b", "narrative": "n"}', 422, ["body", "title"]),
    "NUL in the narrative": (r'{"title": "t", "narrative": "\u0000"}', 422, ["body", "narrative"]),
    "NUL in a tag": (r'{"title": "t", "narrative": "n", "tags": ["\u0000"]}', 422, None),
    "NUL in a name": (r'{"title": "t", "narrative": "n", "\u0000": 1}', 422, None),
    "NUL in a file": (r'{"title": "t", "narrative": "n", "source_files": ["a\u0000.py"]}', 422, None),
    "a lone surrogate": (r'{"title": "\ud800", "narrative": "n"}', 422, None),
    "a lone low surrogate": (r'{"title": "t", "narrative": "a\uDC00b"}', 422, None),
    "a lone surrogate in a name": (r'{"title": "t", "narrative": "n", "\ud800": 1}', 422, None),
    "a raw control character": ('{"title": "a\x01b", "narrative": "n"}', 422, None),
    # 3 and 4: numbers that are none
    "NaN": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": NaN}}', 422, None),
    "Infinity": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": Infinity}}', 422, None),
    "-Infinity": (f'{{{TITLE_AND_NARRATIVE}, "confidence_score": -Infinity}}', 422, None),
    "1e400": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": 1e400}}', 422, None),
    "NaN where nobody looks": (f'{{{TITLE_AND_NARRATIVE}, "other": NaN}}', 422, None),
    "true as a number": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": true}}', 422, ["body", "importance_score"]),
    "text as a number": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": "0.5"}}', 422, ["body", "importance_score"]),
    "nan as text": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": "nan"}}', 422, ["body", "importance_score"]),
    "above 1": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": 1.01}}', 422, ["body", "importance_score"]),
    "below 0": (f'{{{TITLE_AND_NARRATIVE}, "confidence_score": -0.01}}', 422, ["body", "confidence_score"]),
    "null as a number": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": null}}', 422, ["body", "importance_score"]),
    # 5: said twice
    "a name twice": ('{"workspace_id": "a", "workspace_id": "b", "title": "t", "narrative": "n"}', 400, None),
    "a name twice inside": (f'{{{TITLE_AND_NARRATIVE}, "x": {{"y": 1, "y": 2}}}}', 400, None),
    # 7: too deep, too long
    "33 deep": (f'{{"x": {nested(32)}}}', 422, None),
    "900 deep": (f'{{"x": {nested(900)}}}', 422, None),
    "100,000 deep": (nested(100_000), 422, None),
    "100,000 open": ("[" * 100_000, 422, None),
    "100,000 objects": ('{"a":' * 100_000, 422, None),
    "a number of 5,000 digits": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": {"9" * 5_000}}}', 422, None),
    "a number of 4,000 digits": (f'{{{TITLE_AND_NARRATIVE}, "importance_score": {"9" * 4_000}}}', 422, None),
    "many wrong fields": (json.dumps({f"{MARK[:0]}field{n}": n for n in range(1_000)}), 422, None),
    "a long name": (json.dumps({"title": "t", "narrative": "n", "x" * 100_000: 1}), 422, None),
    # not what was asked for
    "nothing": ("", 422, None),
    "not JSON": ("{title: t}", 422, None),
    "half of it": ('{"title": "t"', 422, None),
    "more of it": (f"{{{TITLE_AND_NARRATIVE}}} {MARK}", 422, None),
    "a list": ("[]", 422, ["body"]),
    "a text": (f'"{MARK}"', 422, ["body"]),
    "null": ("null", 422, ["body"]),
    "no title": ('{"narrative": "n"}', 422, ["body", "title"]),
    "no narrative": ('{"title": "t"}', 422, ["body", "narrative"]),
    "an empty title": ('{"title": "", "narrative": "n"}', 422, ["body", "title"]),
    "an invisible title": (r'{"title": " \u200b\t", "narrative": "n"}', 422, ["body", "title"]),
    "an invisible narrative": (r'{"title": "t", "narrative": "\n \u2003"}', 422, ["body", "narrative"]),
    "a title too long": (json.dumps({"title": "t" * 501, "narrative": "n"}), 422, ["body", "title"]),
    "a narrative too long": (json.dumps({"title": "t", "narrative": "n" * 65_537}), 422, ["body", "narrative"]),
    "too many tags": (json.dumps({"title": "t", "narrative": "n", "tags": ["t"] * 65}), 422, ["body", "tags"]),
    "a tag too long": (json.dumps({"title": "t", "narrative": "n", "tags": ["t" * 129]}), 422, None),
    "too many files": (json.dumps({"title": "t", "narrative": "n", "source_files": ["f"] * 257}), 422, None),
    "a file too long": (json.dumps({"title": "t", "narrative": "n", "source_files": ["f" * 1_025]}), 422, None),
    "tags as text": (f'{{{TITLE_AND_NARRATIVE}, "tags": "{MARK}"}}', 422, ["body", "tags"]),
    "a tag that is a number": (f'{{{TITLE_AND_NARRATIVE}, "tags": [7]}}', 422, None),
    "an unknown type": (f'{{{TITLE_AND_NARRATIVE}, "memory_type": "{MARK}"}}', 422, ["body", "memory_type"]),
    # 9: what is not theirs to say
    "access_count": (f'{{{TITLE_AND_NARRATIVE}, "access_count": 5}}', 422, ["body", "access_count"]),
    "pagerank_score": (f'{{{TITLE_AND_NARRATIVE}, "pagerank_score": 1}}', 422, ["body", "pagerank_score"]),
    "id": (f'{{{TITLE_AND_NARRATIVE}, "id": "{MARK}"}}', 422, ["body", "id"]),
    "memory_id": (f'{{{TITLE_AND_NARRATIVE}, "memory_id": "mem-aaaaaaaaaaaaaaaa"}}', 422, ["body", "memory_id"]),
    "created_at": (f'{{{TITLE_AND_NARRATIVE}, "created_at": "2020-01-01"}}', 422, ["body", "created_at"]),
    "another product's word": (f'{{{TITLE_AND_NARRATIVE}, "content": "{MARK}"}}', 422, ["body", "content"]),
    "a foreign workspace": (f'{{{TITLE_AND_NARRATIVE}, "workspace_id": "ws-zzzzzzzzzzzz"}}', 403, None),
    "a workspace that is a number": (f'{{{TITLE_AND_NARRATIVE}, "workspace_id": 1}}', 422, None),
    # 13: namespaces that are subjects, paths or look-alikes
    **{
        f"the namespace {name}": (
            json.dumps({"title": "t", "narrative": "n", "namespace": name}),
            422,
            ["body", "namespace"],
        )
        for name in ("*", ">", "$JS.API", "../x", "Default", "dеfault", "", "x" * 64, " default", "a/b", "a\nb")
    },
    "a namespace that has a dot": (f'{{{TITLE_AND_NARRATIVE}, "namespace": "team.alpha"}}', 404, None),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_does_not_fit_is_refused(stack: Stack, token: str, name: str) -> None:
    body, status, loc = BODIES[name]
    refused(send(stack, token, body.encode("utf-8", "surrogatepass")), status, loc)


@pytest.mark.parametrize("name", [name for name, (_, status, _) in BODIES.items() if status == 422])
def test_a_search_or_a_change_never_breaks_on_it_either(stack: Stack, token: str, name: str) -> None:
    body = BODIES[name][0].encode("utf-8", "surrogatepass")
    for path, method in [(SEARCH, "POST"), ("/api/v1/memories/mem-0000000000000000", "PATCH")]:
        answer = send(stack, token, body, path, method)
        assert answer.status < 500
        assert len(answer.body) <= SMALL or answer.status == 200


ENCODED: dict[str, tuple[bytes, dict[str, str], int]] = {
    # 6: other encodings, other types
    "UTF-16": ('{"title": "t", "narrative": "n"}'.encode("utf-16"), {}, 415),
    "UTF-16 without a mark": ('{"title": "t", "narrative": "n"}'.encode("utf-16-le"), {}, 415),
    "UTF-32": ('{"title": "t", "narrative": "n"}'.encode("utf-32-be"), {}, 415),
    "a byte order mark": (b"\xef\xbb\xbf" + b'{"title": "t", "narrative": "n"}', {}, 415),
    "Latin-1": ('{"title": "ü", "narrative": "n"}'.encode("latin-1"), {}, 422),
    "bytes": (bytes(range(256)), {}, 415),
    "no type": (b'{"title": "t", "narrative": "n"}', {"Content-Type": ""}, 415),
    "text": (b'{"title": "t", "narrative": "n"}', {"Content-Type": "text/plain"}, 415),
    "a form": (b"title=t&narrative=n", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    "another charset": (b'{"title": "t", "narrative": "n"}', {"Content-Type": "application/json; charset=utf-16"}, 415),
    "nonsense": (b'{"title": "t", "narrative": "n"}', {"Content-Type": ";;;=" * 20}, 415),
    # 8: compressed
    "gzip": (gzip.compress(b'{"title": "t", "narrative": "n"}'), {"Content-Encoding": "gzip"}, 415),
    "a bomb": (gzip.compress(b" " * 20_000_000), {"Content-Encoding": "gzip"}, 415),
    "gzip without saying so": (gzip.compress(b"{}"), {}, 415),
    "br": (b"{}", {"Content-Encoding": "br"}, 415),
}


@pytest.mark.parametrize("name", ENCODED)
def test_only_plain_json_in_utf_8_is_read(stack: Stack, token: str, name: str) -> None:
    body, headers, status = ENCODED[name]
    refused(send(stack, token, body, **headers), status)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=UTF-8", "Application/JSON"])
def test_json_may_call_itself_what_it_is(stack: Stack, token: str, content_type: str) -> None:
    body = b'{"title": "t", "narrative": "n"}'
    assert send(stack, token, body, **{"Content-Type": content_type}).status == 201


class TestSize:
    def test_20_mb_at_once_are_413_before_they_are_read(self, stack: Stack, token: str) -> None:
        refused(send(stack, token, b'{"title": "' + b"x" * 20_000_000 + b'"}'), 413)

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
        assert send(stack, token, body + b" " * (1_048_576 - len(body))).status == 201
        refused(send(stack, token, body + b" " * (1_048_577 - len(body))), 413)

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
    def test_a_body_that_does_not_arrive_is_408_after_ten_seconds(self, stack: Stack, token: str) -> None:
        headers = {"Authorization": token, "Content-Type": "application/json", "Content-Length": "100"}
        answer = exchange(stack.url, request("POST", STORE, headers, b'{"title"'))
        refused(answer, 408)
        assert answer.headers["connection"] == "close"

    def test_so_is_a_head_that_does_not_end(self, stack: Stack) -> None:
        refused(exchange(stack.url, b"POST /api/v1/memories/store HTTP/1.1\r\nHost: w\r\nX-Slow: "), 408)


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
            "a wrong sum": token[:-1] + ("0" if token[-1] != "0" else "1"),
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
        refused(send(stack, "Bearer nobody", body), 401)

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
        refused(send(stack, token, body, f"/api/v1/memories/{name}", method), 404)

    @pytest.mark.parametrize(
        "path",
        ["/", "/api", "/api/v1", "/api/v2/memories/", "/api/v1/memories/a/b", "/api/v1//memories", "/metrics", "/%00"],
    )
    def test_what_is_no_route_is_404(self, stack: Stack, token: str, path: str) -> None:
        refused(send(stack, token, b"", path, "GET"), 404)

    @pytest.mark.parametrize("name", ["nonsense", "%00", "0" * 32, "00000000-0000-0000-0000-000000000000"])
    def test_a_command_that_is_none_is_404(self, stack: Stack, token: str, name: str) -> None:
        refused(send(stack, token, b"", f"/api/v1/commands/{name}", "GET"), 404)

    def test_another_method_is_405_and_says_which_there_are(self, stack: Stack, token: str) -> None:
        answer = send(stack, token, b"", "/api/v1/memories/mem-0000000000000000", "PUT")
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
        answer = send(stack, token, b'{"title": "t", "narrative": "n"}', **{"Idempotency-Key": key})
        assert answer.status in {400, 422}
        if answer.status == 422:
            refused(answer, 422, ["header", "Idempotency-Key"])

    def test_a_line_break_does_not_get_in(self, stack: Stack, token: str) -> None:
        for broken in (b"a\rb", b"a\x00b"):
            asked = {"Authorization": token, "Content-Type": "application/json", "Idempotency-Key": broken}
            refused(exchange(stack.url, request("POST", STORE, asked, b"{}")), 400)

    def test_two_of_them_are_422(self, stack: Stack, token: str) -> None:
        body = b'{"title": "t", "narrative": "n"}'
        refused(send(stack, token, body, **{"Idempotency-Key": "a", "idempotency-key": "b"}), 422)


SEARCHES: dict[str, tuple[dict[str, Any], int]] = {
    "a query of 2,001 characters": ({"query": "x" * 2_001}, 422),
    "limit 201": ({"limit": 201}, 422),
    "limit 0": ({"limit": 0}, 422),
    "limit as text": ({"limit": "5"}, 422),
    "limit as a fraction": ({"limit": 5.0}, 422),
    "limit true": ({"limit": True}, 422),
    "offset 10,001": ({"offset": 10_001}, 422),
    "offset 10^9": ({"offset": 10**9}, 422),
    "offset -1": ({"offset": -1}, 422),
    "min_importance 1.1": ({"min_importance": 1.1}, 422),
    "min_confidence -0.1": ({"min_confidence": -0.1}, 422),
    "use_semantic as text": ({"use_semantic": "no"}, 422),
    "use_semantic 1": ({"use_semantic": 1}, 422),
    "an unknown type": ({"memory_types": [MARK]}, 422),
    "types as text": ({"memory_types": "decision"}, 422),
    "a filter in JSON": ({"tags": {"must": [{"key": "workspace_id"}]}}, 422),
    "the query null": ({"query": None}, 422),
    "the query a list": ({"query": ["a"]}, 422),
    "NUL": ({"query": "a\0b"}, 422),
    "a namespace not granted": ({"namespaces": ["research"]}, 403),
    "a namespace among others": ({"namespaces": ["default", "research"]}, 403),
    "a namespace that is a subject": ({"namespaces": [">"]}, 422),
    "tsquery": ({"query": "' & | ! :*"}, 200),
    "SQL": ({"query": "'; DROP TABLE memories; --"}, 200),
    "JSON as text": ({"query": '{"must": [{"key": "workspace_id", "match": {"value": "ws-x"}}]}'}, 200),
    "punctuation": ({"query": "?!.,;:()[]{}<>\\/\"'`~@#$%^&*-+=|"}, 200),
    "emoji": ({"query": "\U0001f9f6" * 500}, 200),
    "one word 2,000 long": ({"query": "x" * 2_000}, 200),
    "2,000 spaces": ({"query": " " * 2_000}, 200),
    "words without end": ({"query": "a " * 1_000}, 200),
    "tags that match nothing": ({"tags": ["*", "%", "_", "a" * 128]}, 200),
    "64 prefixes": ({"tag_prefixes": [f"p{n}" for n in range(64)]}, 200),
    "65 prefixes": ({"tag_prefixes": [f"p{n}" for n in range(65)]}, 422),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_answered_or_refused_within_two_seconds(stack: Stack, token: str, name: str) -> None:
    asked, status = SEARCHES[name]
    answer = send(stack, token, json.dumps(asked).encode(), SEARCH)
    if status != 200:
        refused(answer, status)
    assert answer.status == status, answer.body


def test_a_megabyte_of_query_is_422(stack: Stack, token: str) -> None:
    refused(send(stack, token, json.dumps({"query": "x" * 1_000_000}).encode(), SEARCH), 422, ["body", "query"])


def test_a_thousand_unknown_fields_are_ten_warnings(stack: Stack, token: str) -> None:
    asked = {f"{'x' * 200}{n}": n for n in range(1_000)}
    answer = send(stack, token, json.dumps(asked).encode(), SEARCH)
    warnings = json.loads(answer.body)["warnings"]
    assert len(warnings) == 10
    assert max(map(len, warnings)) < 200


def test_after_all_this_it_still_works(anyone: httpx2.Client) -> None:
    assert store(anyone)["revision"] == 1
    assert anyone.get("/readyz").status_code == 200
