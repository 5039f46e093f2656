"""What can go wrong. Every one is a WeftError; an answer of the server that says no is an ApiError."""

from collections.abc import Mapping
from typing import Any


class WeftError(Exception):
    """`str()` of it is a sentence for people; `hint`, where there is one, says what to do."""

    hint: str | None = None


class NotConfigured(WeftError):
    """No URL, no key or no login is known."""

    def __init__(self, message: str, hint: str = "Set MEMORIES_API_URL and MEMORIES_API_TOKEN, or pass both.") -> None:
        super().__init__(message)
        self.hint = hint


class Unreachable(WeftError):
    """No answer came, however often it was asked. Whether a write was carried out is not known."""

    hint = "Is Weft running, and is MEMORIES_API_URL right?"


class NotDecided(WeftError):
    """A write is on disk and was not decided within the time limit: ask for `command_id` later."""

    hint = "Nothing is lost: the write is carried out as soon as the server gets to it."

    def __init__(self, message: str, command_id: str) -> None:
        super().__init__(message)
        self.command_id = command_id


class NotUnderstood(WeftError):
    """The server's answer is none that this client knows."""

    hint = "Is this a Weft server, and not an older or much newer one than this client?"


class NewerThanKnown(WeftError):
    """A newer version of an event than this client was built for. It is not skipped: whoever reads stands still there,
    and goes on from there with a newer client."""

    hint = "A newer weft-client can read it; nothing was skipped or acknowledged."

    def __init__(self, event_type: str, seq: int) -> None:
        super().__init__(f"Event {seq} is a {event_type}, which this client does not know.")
        self.event_type = event_type
        self.seq = seq


class NoSubscription(WeftError):
    """The event bus knows no such subscriber, no more, or by another password."""

    hint = "The operator makes subscribers: weft-admin subscriber add NAME."


class CutOff(WeftError):
    """A stream ended before it was complete."""

    hint = "Ask again; what came so far is good, and not all there is."


class ApiError(WeftError):
    """The server's no.

    `status` is HTTP's, `code` the server's word for it where the status alone does not say it, `detail` as it was
    sent (a sentence, or a list of `{"loc", "msg", "type"}`), `request` the request's method and path.
    """

    def __init__(
        self, status: int, detail: Any, *, code: str | None, request: str, retry_after_s: float | None
    ) -> None:
        super().__init__(_sentence(status, detail))
        self.status = status
        self.detail = detail
        self.code = code
        self.request = request
        self.retry_after_s = retry_after_s


class NotAuthenticated(ApiError):
    """401"""

    hint = "The key is missing, wrong, revoked or expired: see MEMORIES_API_TOKEN, or log in again."


class Forbidden(ApiError):
    """403"""

    hint = "This key or account may not do that here: see its grants, its role, and the workspace's plan."


class NotFound(ApiError):
    """404: not there, deleted, or not readable with this key, which the server does not tell apart."""


class Conflict(ApiError):
    """409"""


class Gone(ApiError):
    """410: what this Idempotency-Key made has been deleted since."""


class PreconditionFailed(ApiError):
    """412: it was changed in the meantime."""

    hint = "Read it again, and repeat the change with its new revision."


class TooLarge(ApiError):
    """413"""


class Invalid(ApiError):
    """400, 415 or 422: the request does not fit."""


class RateLimited(ApiError):
    """429, also after waiting."""

    hint = "Too many requests with this key: wait, or ask for fewer at a time."


class ServerError(ApiError):
    """500 and other faults of the server's."""


class Unavailable(ServerError):
    """502, 503 or 504, also after trying again."""

    hint = "A part of the server is away at present; nothing is lost."


_BY_STATUS: dict[int, type[ApiError]] = {
    400: Invalid,
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    412: PreconditionFailed,
    413: TooLarge,
    415: Invalid,
    422: Invalid,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def by_status(status: int) -> type[ApiError]:
    return _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)


def status_of_refusal(code: str) -> int:
    """The status that a command's refusal would have been answered with, had the server decided in time."""
    if code.startswith("unknown_"):
        return 404
    if code in ("namespace_not_granted", "namespace_read_only", "owner_only") or code.endswith("_limit_reached"):
        return 403
    return {"revision_mismatch": 412, "already_deleted": 410, "idempotency_key_reused": 422}.get(code, 409)


def _sentence(status: int, detail: Any) -> str:
    if isinstance(detail, list):
        return "; ".join(_place(part) for part in detail) or f"Refused with status {status}."
    return str(detail) if detail else f"Refused with status {status}."


def _place(part: Any) -> str:
    if not isinstance(part, Mapping):
        return str(part)
    where = ".".join(str(each) for each in part.get("loc", ()) if each != "body")
    return f"{where}: {part.get('msg')}" if where else str(part.get("msg"))
