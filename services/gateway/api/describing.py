"""What OpenAPI says of a route beyond its signature: bodies, answers, errors."""

from typing import Any

from pydantic import BaseModel

from services.gateway.api.examples import ACCEPTED_EXAMPLE
from services.gateway.api.shapes import Accepted, Invalid, Refused

_DETAILS: dict[int, tuple[str, str]] = {
    400: ("The body names a field twice.", "Malformed: a name given twice in the body, or two Authorization headers."),
    401: ("Invalid API key.", "No key, a malformed, unknown, revoked or expired one, or another scheme than Token."),
    403: ("This key can't write to another workspace.", "The key may not do this."),
    404: ("Memory 'mem-notexist' not found.", "There is no such thing that this key may see."),
    408: ("The body did not arrive within 10 s.", "The request came too slowly."),
    409: ("A request with this Idempotency-Key is still running.", "It collides with another request; see `code`."),
    410: ("What this request made has been deleted since.", "This Idempotency-Key made something that is gone."),
    412: ("The memory is at revision 3, not 2.", "If-Match names another revision."),
    413: ("The body is larger than 1048576 bytes.", "The body is too large."),
    415: ("Content-Type must be application/json in UTF-8.", "The body is not JSON in UTF-8, or is compressed."),
    429: ("This key has made more than 2000 per 1 second requests.", "Too many requests; see Retry-After."),
    431: ("A header is longer than 8192 bytes.", "A header is too long."),
    503: ("A part of the service does not answer at present.", "Not at present; see Retry-After."),
}
_OF_PEOPLE: dict[int, tuple[str, str]] = {
    401: ("Invalid or expired access token.", "Not logged in, or no longer; an API key is no access token."),
    403: ("Only an owner of the organisation may do this.", "This person may not do this; see `code`."),
    404: ("Workspace not found.", "There is no such thing in the person's organisation."),
    409: ("There is an account with this address.", "It collides with what is there; see `code`."),
    429: ("Too many failed logins; see Retry-After.", "Too many requests, or failed logins; see Retry-After."),
}
_INVALID = {"detail": [{"loc": ["body", "title"], "msg": "Field required", "type": "missing"}]}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_ETAG = {"ETag": {"description": 'The revision in quotes, such as `"1"`.', "schema": {"type": "string"}}}

_ALWAYS = (401, 429, 431, 503)
_WITH_BODY = (400, 408, 413, 415, 422)
_ON_WRITES = (403, 409, 410)

BY_API_KEY: dict[str, Any] = {"security": [{"api_key": []}]}
"""Of the routes that take `X-API-Key`."""
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request gives the first answer again, for 24 h.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "import-2026-03-20-0001",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "Only if the memory is still at this revision (its ETag).",
    "schema": {"type": "string"},
    "example": '"1"',
}


def answer(model: type[BaseModel] | Any, description: str, example: Any, *, with_etag: bool = False) -> dict[str, Any]:
    """One successful response."""
    said = {"model": model, "description": description, "content": {"application/json": {"example": example}}}
    return {**said, "headers": _ETAG} if with_etag else said


_FOLLOW = "On disk, and not yet decided: follow `Location`."


def reads(*others: int, with_body: bool = False) -> dict[int | str, dict[str, Any]]:
    """The errors of a route that changes nothing, and `others`."""
    return _errors({*_ALWAYS, *(_WITH_BODY if with_body else ()), *others})


def writes(*others: int, of_a_memory: bool = True, of_text: bool = False) -> dict[int | str, dict[str, Any]]:
    """The errors of a route that changes something, and `others`. A 202 names the memory_id where it is `of_a_memory`,
    and what was redacted where it is `of_text`."""
    names = ["command_id", "status", *(["memory_id"] if of_a_memory else []), *(["warnings"] if of_text else [])]
    accepted = answer(Accepted, _FOLLOW, {name: ACCEPTED_EXAMPLE[name] for name in names})
    return {202: accepted, **_errors({*_ALWAYS, *_WITH_BODY, *_ON_WRITES, *others})}


def manages(*others: int, with_body: bool = False) -> dict[int | str, dict[str, Any]]:
    """The errors of a route of people who have logged in, and `others`."""
    said = reads(*others, with_body=with_body)
    for status, (example, description) in _OF_PEOPLE.items():
        if status in said:
            said[status] = said[status] | {
                "description": description,
                "content": {"application/json": {"example": {"detail": example}}},
            }
    return said


def _errors(statuses: set[int]) -> dict[int | str, dict[str, Any]]:
    return {status: _error(status) for status in sorted(statuses)}


def _error(status: int) -> dict[str, Any]:
    if status == 422:
        content = {"application/json": {"example": _INVALID}}
        return {
            "model": Invalid,
            "description": "Something does not fit; the value is not repeated.",
            "content": content,
        }
    example, description = _DETAILS[status]
    said = {
        "model": Refused,
        "description": description,
        "content": {"application/json": {"example": {"detail": example}}},
    }
    return {**said, "headers": _RETRY_AFTER} if status in {429, 503} else said


def schema_of(body: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a body with its parts in their places: what it refers to would not be found in the whole."""
    schema = body.model_json_schema()
    parts = schema.pop("$defs", {})
    inlined: dict[str, Any] = _inlined(schema, parts)
    return inlined


def _inlined(node: Any, parts: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(each, parts) for each in node]
    if not isinstance(node, dict):
        return node
    if (reference := node.get("$ref")) is not None:
        return _inlined(parts[reference.removeprefix("#/$defs/")], parts)
    return {name: _inlined(value, parts) for name, value in node.items()}


def takes(
    body: type[BaseModel] | None = None, example: Any = None, *, required: bool = True, headers: tuple[Any, ...] = ()
) -> dict[str, Any]:
    """The request body and the headers that a route reads by itself."""
    said: dict[str, Any] = {"parameters": list(headers)} if headers else {}
    if body is not None:
        content = {"schema": schema_of(body), **({} if example is None else {"example": example})}
        said["requestBody"] = {"required": required, "content": {"application/json": content}}
    return said
