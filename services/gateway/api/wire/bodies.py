"""Reading a JSON body: limits before parsing, and nothing in it that JSON or Postgres can't carry."""

import asyncio
import json
from math import isinf
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from services.gateway.api.wire.errors import Problem, invalid, invalid_body

BODY_BYTES_MAX: Final = 1_048_576
BODY_TIMEOUT_S = 10.0
DEPTH_MAX = 32
JSON = "application/json"

_BOMS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")

Model = TypeVar("Model", bound=BaseModel)


class _Malformed(ValueError):
    """JSON that parses but is refused; its text says why, `status` how."""

    def __init__(self, message: str, kind: str, status: int = 422) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


async def read_object(
    request: Request, *, optional: bool = False, bytes_max: int = BODY_BYTES_MAX, timeout_s: float = BODY_TIMEOUT_S
) -> dict[str, Any]:
    """The JSON object in the body; where it is `optional`, no body is an empty one. Raises Problem."""
    payload = await read_bytes(request, bytes_max, timeout_s)
    if not payload and optional:
        return {}
    refuse_other_types(request, JSON)
    value = parse(payload)
    if not isinstance(value, dict):
        raise invalid(["body"], "Input should be an object", "dict_type")
    return value


def fit(model: type[Model], value: dict[str, Any]) -> Model:
    """`value` as `model`. Raises Problem (422) that names each field that does not fit."""
    try:
        return model.model_validate(value)
    except ValidationError as fault:
        raise invalid_body(fault) from None


async def read_bytes(request: Request, bytes_max: int = BODY_BYTES_MAX, timeout_s: float = BODY_TIMEOUT_S) -> bytes:
    """The body, at most `bytes_max`, within `timeout_s` of the request. Raises Problem (400, 408, 413)."""
    if (declared := request.headers.get("content-length", "0")).isdecimal() and int(declared) > bytes_max:
        raise too_large("body", bytes_max)
    chunks, size = list[bytes](), 0
    try:
        async with asyncio.timeout(timeout_s):
            more = True
            while more:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise Problem(400, "The body ended early.")
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > bytes_max:
                    raise too_large("body", bytes_max)
                chunks.append(chunk)
                more = message.get("more_body", False)
    except TimeoutError:
        detail = f"The body did not arrive within {timeout_s:.0f} s."
        raise Problem(408, detail, headers={"Connection": "close"}) from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def too_large(what: str, bytes_max: int) -> Problem:
    return Problem(413, f"The {what} is larger than {bytes_max} bytes.")


def refuse_other_types(request: Request, wanted: str) -> None:
    """Raises Problem (415) unless the body is of the type `wanted`, in UTF-8 and not compressed."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Content-Encoding is not supported.")
    given = request.headers.getlist("content-type")
    if given == [wanted]:
        return
    media_type, *parameters = given[0].lower().split(";") if len(given) == 1 else [""]
    charsets = [
        value.strip(' "')
        for name, _, value in (each.partition("=") for each in parameters)
        if name.strip() == "charset"
    ]
    if media_type.strip() != wanted or any(charset not in {"utf-8", "utf8"} for charset in charsets):
        raise Problem(415, f"Content-Type must be {wanted} in UTF-8.")


def parse(payload: bytes) -> Any:
    """The value in `payload`. Raises Problem: 415 for another encoding, 400 for a name given twice, else 422."""
    if payload.startswith(_BOMS) or b"\0" in payload[:4]:
        raise Problem(415, "The body must be UTF-8 without a byte order mark.")
    try:
        text = payload.decode()
        value = _DECODER.decode(text)
    except _Malformed as fault:
        if fault.status != 422:
            raise Problem(fault.status, str(fault)) from None
        raise invalid(["body"], str(fault), fault.kind) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # not UTF-8, not JSON, or a number too long to be read
        raise invalid(["body"], "JSON decode error", "json_invalid") from None
    if payload.count(b"[") + payload.count(b"{") > DEPTH_MAX and _is_deeper(value, DEPTH_MAX):
        raise _too_deep()
    if ("\\ud" in text or "\\uD" in text) and not _is_unicode(value):
        raise invalid(["body"], "must not contain a lone surrogate", "invalid_character")
    return value


def _too_deep() -> Problem:
    return invalid(["body"], f"JSON may be nested {DEPTH_MAX} deep at most", "json_too_deep")


def _is_deeper(value: Any, depth_max: int) -> bool:
    """Level by level: what comes from outside decides how deep, so nothing may call itself here."""
    level = [value]
    for _ in range(depth_max):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return any(isinstance(node, dict | list) for node in level)


def _is_unicode(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise _Malformed("The body names a field twice.", "duplicate_key", status=400)
    return read


def _finite(number: str) -> float:
    value = float(number)
    if isinf(value):
        raise _Malformed("Input should be a finite number", "finite_number")
    return value


def _no_constant(_: str) -> Any:
    raise _Malformed("Input should be a finite number", "finite_number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
