"""How a call is carried out, whatever carries it: what is busy or away for a moment is asked again, and a write that
was taken first and is decided later is followed to its decision. No I/O: a generator that says what to do next."""

import random
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from uuid import uuid4

from pydantic_core import from_json

from weft.calls import Call, Face, Upload
from weft.errors import (
    ApiError,
    NotConfigured,
    NotDecided,
    NotUnderstood,
    Unreachable,
    WeftError,
    by_status,
    status_of_refusal,
)
from weft.settings import Settings

R = TypeVar("R")

FIRST_PAUSE_S = 0.25
LOOK_EVERY_S = 0.5
AGAIN = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Send:
    """Answered with an Answer or a Fault. `streamed`: a good answer's body is left to be read line by line."""

    call: Call[Any]
    headers: Mapping[str, str]
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Answered with None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """`opened` is the open response of a stream, of the executor's own kind. Names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    opened: Any = None


@dataclass(frozen=True, slots=True)
class Fault:
    """No answer. `sent`: whether the server may have heard the request."""

    reason: str
    sent: bool


Steps: TypeAlias = Generator[Send | Pause, Any, R]


def carried_out(call: Call[R], settings: Settings) -> Steps[R]:
    """Raises WeftError."""
    answer = yield from answered(call, settings)
    said = _said(answer)
    location = answer.headers.get("location")
    if answer.status == 202 and location and isinstance(said, dict) and "command_id" in said:
        said = yield from _decided(call, said, location, settings)
    try:
        return call.read(said)
    except (ValueError, TypeError, KeyError) as why:
        raise NotUnderstood(f"{call.method} {call.path} was answered in an unknown form.") from why


def answered(call: Call[Any], settings: Settings, *, streamed: bool = False) -> Steps[Answer]:
    """A good answer, asked for as often as it takes and is allowed. Raises WeftError."""
    send = Send(call, _headers(call, settings), streamed)
    for attempt in range(settings.retries_max + 1):
        got: Answer | Fault = yield send
        if isinstance(got, Answer) and got.status < 400:
            return got
        pause_s = _pause_s(call, got, attempt, settings)
        if pause_s is None or attempt == settings.retries_max:
            raise problem(call, got, settings)
        yield Pause(pause_s)
    raise AssertionError("the last attempt returns or raises")


def problem(call: Call[Any], got: Answer | Fault, settings: Settings) -> WeftError:
    if isinstance(got, Fault):
        return Unreachable(f"No answer from {settings.url}: {got.reason}.")
    told = _said(got)
    said = told if isinstance(told, dict) else {}
    return by_status(got.status)(
        got.status,
        said.get("detail"),
        code=said.get("code"),
        request=f"{call.method} {call.path}",
        retry_after_s=_retry_after_s(got),
    )


def _headers(call: Call[Any], settings: Settings) -> dict[str, str]:
    """Made once for a call: every attempt carries the same Idempotency-Key."""
    headers = {"Accept": "application/json", **_credentials(call, settings)}
    if call.is_write and call.face != "open":
        headers["Idempotency-Key"] = settings.idempotency_key or uuid4().hex
    if call.if_match is not None:
        headers["If-Match"] = f'"{call.if_match}"'
    if isinstance(call.body, Upload):
        headers["Content-Type"] = call.body.content_type
    return headers


def _credentials(call: Call[Any], settings: Settings) -> dict[str, str]:
    """Raises NotConfigured."""
    match call.face:
        case "open":
            return {}
        case "portal":
            if settings.portal_token is None:
                raise NotConfigured("This needs a login: keys, namespaces and workspaces are managed by people.")
            tenant = call.tenant or settings.workspace_id
            bearer = {"Authorization": f"Bearer {settings.portal_token}"}
            return bearer if tenant is None else {**bearer, "X-Tenant-Id": tenant}
    if settings.token is None:
        raise NotConfigured("No key is known: MEMORIES_API_TOKEN is not set.")
    return {"X-API-Key": settings.token} if call.face == "data_b" else {"Authorization": f"Token {settings.token}"}


def _pause_s(call: Call[Any], got: Answer | Fault, attempt: int, settings: Settings) -> float | None:
    """How long to wait before asking again; None where that is of no use, or longer than anybody should wait."""
    if isinstance(call.body, Upload) and not call.body.is_repeatable:
        return None
    grown: float = min(FIRST_PAUSE_S * 2 ** min(attempt, 16), settings.wait_s_max) * random.uniform(0.5, 1.0)  # noqa: S311
    if isinstance(got, Fault):
        return grown if call.repeatable or not got.sent else None
    if not _is_for_later(call, got):
        return None
    wanted = _retry_after_s(got) or 0.0
    return max(wanted, grown) if wanted <= settings.wait_s_max else None


def _is_for_later(call: Call[Any], answer: Answer) -> bool:
    """Of what is good for one use only 429, which says that nobody looked at it."""
    if not call.repeatable:
        return answer.status == 429
    still_running = answer.status == 409 and _retry_after_s(answer) is not None
    return answer.status in AGAIN or still_running


def _retry_after_s(answer: Answer) -> float | None:
    wanted = answer.headers.get("retry-after", "")
    return float(wanted) if wanted.isdecimal() else None


def _decided(call: Call[Any], accepted: dict[str, Any], location: str, settings: Settings) -> Steps[Any]:
    """The result of a command that was on disk, and not decided, when it was answered. Raises ApiError, NotDecided."""
    face: Face = "portal" if call.face == "portal" else "data"
    follow = Call("GET", location, dict, face=face, tenant=call.tenant)
    deadline = time.monotonic() + settings.decide_s_max
    while time.monotonic() < deadline:
        yield Pause(LOOK_EVERY_S)
        state = _said((yield from answered(follow, settings)))
        match state.get("status"):
            case "committed":
                first = {name: value for name, value in accepted.items() if name not in ("command_id", "status")}
                result = state.get("result")
                return {**first, **result} if isinstance(result, dict) else result
            case "rejected" | "parked":
                raise _refused(call, state)
    raise NotDecided("The write is on disk and not decided yet.", str(accepted["command_id"]))


def _refused(call: Call[Any], state: Mapping[str, Any]) -> ApiError:
    refusal = state.get("refusal") or {}
    code = refusal.get("code")
    status = 500 if code is None else status_of_refusal(code)
    detail = refusal.get("detail") or "The write could not be handled; the operator sees it among the parked ones."
    return by_status(status)(status, detail, code=code, request=f"{call.method} {call.path}", retry_after_s=None)


def _said(answer: Answer) -> Any:
    """The JSON of an answer; an empty object where there is none."""
    if not answer.content:
        return {}
    try:
        return from_json(answer.content)
    except ValueError:
        return {"detail": answer.content[:200].decode(errors="replace")}
