"""Bodies that do not fit, over the real stack: a documented 4xx, small, without an echo, and never a 5xx."""

import gzip
import json
from typing import Any

import httpx2
import pytest

from tests.flows.conftest import store
from tests.flows.raw import MARK, SMALL, refused, send
from tests.stack import Stack

SEARCH = "/api/v1/memories/search"
TITLE_AND_NARRATIVE = '"title": "t", "narrative": "n"'


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
    refused(send(stack.url, token, body.encode("utf-8", "surrogatepass")), status, loc)


@pytest.mark.parametrize("name", [name for name, (_, status, _) in BODIES.items() if status == 422])
def test_no_other_route_breaks_on_it_either(stack: Stack, token: str, name: str) -> None:
    body = BODIES[name][0].encode("utf-8", "surrogatepass")
    for path, method in [
        (SEARCH, "POST"),
        ("/api/v1/memories/explore", "POST"),
        ("/api/v1/memories/path", "POST"),
        ("/api/v1/relationships", "POST"),
        ("/api/v1/relationships/5b0c6d7e-1f2a-5b3c-8d4e-9f0a1b2c3d4e", "DELETE"),
        ("/api/v1/memories/mem-0000000000000000", "PATCH"),
    ]:
        answer = send(stack.url, token, body, path, method)
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
    refused(send(stack.url, token, body, **headers), status)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=UTF-8", "Application/JSON"])
def test_json_may_call_itself_what_it_is(stack: Stack, token: str, content_type: str) -> None:
    body = b'{"title": "t", "narrative": "n"}'
    assert send(stack.url, token, body, **{"Content-Type": content_type}).status == 201


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
    "a namespace that is not there": ({"namespaces": ["research"]}, 404),
    "a namespace that is not there among others": ({"namespaces": ["default", "research"]}, 404),
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
    answer = send(stack.url, token, json.dumps(asked).encode(), SEARCH)
    if status != 200:
        refused(answer, status)
    assert answer.status == status, answer.body


def test_a_megabyte_of_query_is_422(stack: Stack, token: str) -> None:
    refused(send(stack.url, token, json.dumps({"query": "x" * 1_000_000}).encode(), SEARCH), 422, ["body", "query"])


def test_a_thousand_unknown_fields_are_ten_warnings(stack: Stack, token: str) -> None:
    asked = {f"{'x' * 200}{n}": n for n in range(1_000)}
    answer = send(stack.url, token, json.dumps(asked).encode(), SEARCH)
    warnings = json.loads(answer.body)["warnings"]
    assert len(warnings) == 10
    assert max(map(len, warnings)) < 200


def test_after_all_this_it_still_works(anyone: httpx2.Client) -> None:
    assert store(anyone)["revision"] == 1
    assert anyone.get("/readyz").status_code == 200
