"""How a request is told no: `{"detail": ...}`, small, and without repeating what was sent."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.gateway.auth import NotAuthenticated
from services.kit.errors import NotStored, Unavailable

log = structlog.get_logger()

ERRORS_MAX = 10
NAME_LENGTH_MAX = 64
RETRY_AFTER_S = 1


class Problem(Exception):
    """A request that is answered with an error. `code` is for programs, where the status alone does not say it."""

    def __init__(
        self, status: int, detail: Any, *, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail
        self.code = code
        self.headers = headers

    def response(self) -> Response:
        content = {"detail": self.detail} if self.code is None else {"detail": self.detail, "code": self.code}
        return json_response(content, self.status, self.headers)


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`content` (plain values, or models) as JSON."""
    return Response(to_json(content), status, headers, "application/json")


def invalid(loc: Sequence[str | int], msg: str, kind: str) -> Problem:
    """422 about one place, in the shape of a validation error."""
    return Problem(422, [{"loc": [_shown(part) for part in loc], "msg": msg, "type": kind}])


def invalid_body(fault: ValidationError) -> Problem:
    """422 for a body that does not fit its model."""
    errors = fault.errors(include_url=False, include_context=False, include_input=False)
    return Problem(422, [_place({**error, "loc": ("body", *error["loc"])}) for error in errors[:ERRORS_MAX]])


def printable(text: str, length_max: int = NAME_LENGTH_MAX) -> str:
    """As much of a name that came from outside as an answer may repeat."""
    return "".join(character for character in text[:length_max] if character.isprintable())


def not_found(kind: str, name: str) -> Problem:
    """404, the same for what never was, was deleted, and belongs to somebody else."""
    return Problem(404, f"{kind} '{printable(name)}' not found.")


def come_again(detail: str) -> Problem:
    """503: the fault is ours, and may be over in a second."""
    return Problem(503, detail, headers={"Retry-After": str(RETRY_AFTER_S)})


def _place(error: Mapping[str, Any]) -> dict[str, Any]:
    """One validation error in the documented shape: where, what, which kind; never the value."""
    loc = [_shown(part) for part in error["loc"]]
    return {"loc": loc, "msg": str(error["msg"]).removeprefix("Value error, "), "type": error["type"]}


def _shown(part: str | int) -> str | int:
    return part if isinstance(part, int) else printable(part)


def answer_problems(app: FastAPI) -> None:
    """Lets `app` answer every exception with `{"detail": ...}`."""

    @app.exception_handler(Problem)
    async def problem(_: Request, fault: Problem) -> Response:
        return fault.response()

    @app.exception_handler(NotAuthenticated)
    async def not_authenticated(_: Request, fault: NotAuthenticated) -> Response:
        return Problem(401, str(fault), headers={"WWW-Authenticate": fault.scheme}).response()

    @app.exception_handler(RequestValidationError)
    async def invalid_parameters(_: Request, fault: RequestValidationError) -> Response:
        return Problem(422, [_place(error) for error in fault.errors()[:ERRORS_MAX]]).response()

    @app.exception_handler(Unavailable)
    async def unavailable(_: Request, fault: Unavailable) -> Response:
        log.warning("unavailable", fault=str(fault))
        return come_again("A part of the service does not answer at present.").response()

    @app.exception_handler(NotStored)
    async def not_stored(_: Request, fault: NotStored) -> Response:
        log.warning("not stored", fault=str(fault))
        return come_again("The request could not be put on disk in time; whether it was is not known.").response()

    @app.exception_handler(HTTPException)
    async def of_the_router(_: Request, fault: HTTPException) -> Response:
        return Problem(fault.status_code, fault.detail, headers=fault.headers).response()

    @app.exception_handler(Exception)
    async def fault(_: Request, fault: Exception) -> Response:
        """The edge of the process. The server logs the trace."""
        return Problem(500, "Internal error.").response()
