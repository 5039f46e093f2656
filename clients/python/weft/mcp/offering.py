"""How a tool is offered: with all its hints, answers in JSON without blanks, errors that a model can act on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Annotated, Any, ParamSpec, TypeAlias

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic.json_schema import GenerateJsonSchema
from starlette.requests import Request

from weft import AsyncWeft
from weft.errors import ApiError, Invalid, NotFound, RateLimited, WeftError
from weft.mcp.answers import Answer

P = ParamSpec("P")

ClientOf: TypeAlias = Callable[[Request | None], AsyncWeft]
"""Whom a tool works for: the request that it came with over HTTP, None over stdio and in process."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What all tools work with. `default_namespace`: where writes go that name none; empty: the key's default."""

    client_of: ClientOf
    default_namespace: str = ""


Ctx: TypeAlias = Context[Desk, Request]


def weft_of(ctx: Ctx) -> AsyncWeft:
    """The client of whoever called."""
    request = ctx.request_context
    return request.lifespan_context.client_of(request.request)


def written_to(ctx: Ctx, namespace: str) -> str | None:
    """The namespace that a write is to name; None leaves it to the key's default."""
    return namespace or ctx.request_context.lifespan_context.default_namespace or None


def _hints(*, reads: bool = False, destroys: bool = False, repeats: bool = False) -> ToolAnnotations:
    return ToolAnnotations(
        read_only_hint=reads, destructive_hint=destroys, idempotent_hint=repeats, open_world_hint=False
    )


READS = _hints(reads=True, repeats=True)
COUNTS = _hints()
ADDS = _hints()
ENDS = _hints(repeats=True)
CHANGES = _hints(destroys=True, repeats=True)


def offered(title: str, hints: ToolAnnotations, function: Callable[P, Awaitable[Answer]]) -> Tool:
    """`function` as a tool; its name and docstring are the tool's. An argument that it does not know is refused: a
    filter that is silently dropped is a wrong answer."""

    @wraps(function)
    async def carried_out(*args: P.args, **kwargs: P.kwargs) -> CallToolResult:
        try:
            answer = await function(*args, **kwargs)
        except WeftError as fault:
            raise ToolError(advice(fault)) from fault
        text = TextContent(type="text", text=answer.model_dump_json())
        return CallToolResult(content=[text], structured_content=answer.model_dump(mode="json"))

    told = signature(function, eval_str=True)
    answers = Annotated[CallToolResult, told.return_annotation]
    carried_out.__signature__ = told.replace(return_annotation=answers)  # type: ignore[attr-defined]
    tool = Tool.from_function(carried_out, title=title, annotations=hints, description=_in_one_piece(function.__doc__))
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    return tool.model_copy(update={"parameters": arguments.model_json_schema(schema_generator=_WithoutTitles)})


class _WithoutTitles(GenerateJsonSchema):
    """A title for each parameter repeats its name, and models pay for every word of a schema."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _in_one_piece(docstring: str | None) -> str:
    return " ".join((docstring or "").split())


_CALLED = {
    "narrative": "content",
    "source_files": "files",
    "importance_score": "importance",
    "confidence_score": "confidence",
}
"""What REST calls a field, and the tools another."""


def advice(fault: WeftError) -> str:
    """What went wrong, and what to do about it."""
    match fault:
        case ApiError(status=404, detail="Not Found"):
            return "This Weft server does not have this yet: it is older than its client. The other tools work."
        case NotFound(request=request):
            return f"{fault} {_where_to_look(request)}"
        case Invalid():
            return f"{_places(fault.detail) or fault} Correct that and call again."
        case RateLimited(retry_after_s=seconds) if seconds is not None:
            return f"{fault} Wait {seconds:.0f} s, then call again."
    return f"{fault} {fault.hint}" if fault.hint else str(fault)


def _where_to_look(request: str) -> str:
    if "/sessions/" in request:
        return "session_start begins a session and answers its id."
    if "/memories/" in request:
        return "It may be deleted, or not readable with this key; memory_search and memory_get_index find ids."
    return "Leave it out to use what the key may use."


def _places(detail: Any) -> str:
    """What does not fit, by the names that the tools use."""
    parts = [part for part in detail if isinstance(part, Mapping)] if isinstance(detail, list) else []
    return " ".join(f"{_name(part.get('loc', ()))}: {part.get('msg')}." for part in parts)


def _name(loc: Any) -> str:
    return ".".join(_CALLED.get(str(each), str(each)) for each in loc if each != "body") or "arguments"
