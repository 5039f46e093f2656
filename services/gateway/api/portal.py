"""People who have logged in: management routes get them as `Visitor`, or as `Tenant` with one of their workspaces.

Management paths take `Authorization: Bearer <access token>` and nothing else; an API key is no such token. Who
somebody is and what is theirs is asked of memory on each request: who was removed, or has logged out, is nobody at
once.
"""

from dataclasses import asdict, dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from fastapi import Depends, Header, Request
from pydantic import BaseModel, ValidationError

from contracts import subjects
from contracts.accounts import AccountQuestion, Identify, IdentifyForeign, Person
from contracts.base import NO_GRANTS
from services.gateway import tokens
from services.gateway.api.calls import REPLY_TIMEOUT_S, Call, Gate
from services.gateway.api.refusals import body_of
from services.gateway.api.wire.bodies import fit, read_object
from services.gateway.api.wire.errors import Problem, invalid
from services.gateway.auth import Principal

Model = TypeVar("Model", bound=BaseModel)

SECURITY: dict[str, Any] = {"security": [{"portal": []}]}
"""For `openapi_extra` of management routes."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who has logged in."""

    gate: Gate
    request: Request
    person: Person
    login_id: UUID | None
    """None where another server vouches for them."""

    @property
    def actor(self) -> str:
        return actor_of(self.person)

    async def body_as(self, model: type[Model], *, optional: bool = False) -> Model:
        """The body as `model`. Raises Problem."""
        return fit(model, await read_object(self.request, optional=optional))

    async def body_with(self, model: type[Model]) -> tuple[Model, dict[str, Any]]:
        """The body as `model`, and as it came. Raises Problem."""
        value = await read_object(self.request)
        return fit(model, value), value

    async def ask(self, question: AccountQuestion) -> Any:
        """The body of the answer, as plain JSON. Raises Problem for a refusal, Unavailable."""
        return await ask(self.gate, question)

    def require_owner(self) -> None:
        """Raises Problem (403) for a member."""
        require_owner(self.person)


@dataclass(frozen=True, slots=True)
class TenantCall(Call):
    """A Call about a workspace that is the person's organisation's: `principal.workspace_id`, to be asked and ordered
    about as any other. Its grants are empty: a person manages a workspace; what is in it they reach with a key or a
    workspace token."""

    person: Person

    @property
    def workspace_id(self) -> str:
        return self.principal.workspace_id

    def require_owner(self) -> None:
        """Raises Problem (403) for a member."""
        require_owner(self.person)


def actor_of(person: Person) -> str:
    """How events and the audit trail name a person."""
    return f"account:{person.account_id}"


def require_owner(person: Person) -> None:
    """Raises Problem (403) for a member."""
    if person.role != "owner":
        raise Problem(403, "Only an owner of the organisation may do this.", code="owner_only")


def not_logged_in(detail: str = "Invalid or expired access token.") -> Problem:
    """401, the same whatever is wrong with a token."""
    return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})


def unknown_workspace() -> Problem:
    """404, the same for a workspace that is not there and for one that is somebody else's."""
    return Problem(404, "Workspace not found.")


async def ask(gate: Gate, question: AccountQuestion) -> Any:
    """The body of the answer, as plain JSON. Raises Problem for a refusal, Unavailable."""
    return body_of(await gate.bus.ask(subjects.account(question), question, REPLY_TIMEOUT_S))


def address_of(request: Request) -> str:
    """From where somebody tries to log in. An IPv6 client has a network of 64 bits to itself."""
    address = request.client.host if request.client is not None else ""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network(f"{found}/64", strict=False)) if isinstance(found, IPv6Address) else address


def refuse_hasty(told: Any) -> None:
    """Raises Problem (429) where memory looked at no password, after too many wrong ones."""
    if isinstance(told, dict) and "retry_after_s" in told:
        wait_s = str(told["retry_after_s"])
        raise Problem(429, "Too many failed logins; see Retry-After.", headers={"Retry-After": wait_s})


async def visit(request: Request, tenant: str | None) -> Visit:
    """Who asks; with their workspace where `tenant` names it. Raises Problem (401, 429), Unavailable."""
    gate = cast(Gate, request.app.state.gate)
    authorization = request.headers.get("authorization")
    if authorization is None:
        raise not_logged_in("Authentication credentials were not provided.")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise not_logged_in()
    question = await _who(gate, token.strip(" "), tenant)
    answer = await gate.bus.ask(subjects.account(question), question, REPLY_TIMEOUT_S)
    if (answer.get("refusal") or {}).get("code") == "not_signed_in":
        raise not_logged_in()
    login_id = question.login_id if isinstance(question, Identify) else None
    found = Visit(gate, request, Person.model_validate(body_of(answer)), login_id)
    await (gate.reads if request.method == "GET" else gate.writes).count(found.actor)
    return found


async def _who(gate: Gate, token: str, tenant: str | None) -> Identify | IdentifyForeign:
    """The question that a token gives rise to: ours, or the one of the server that vouches for people."""
    if (access := tokens.read(gate.portal_key, token)) is not None:
        return Identify(account_id=access.account_id, login_id=access.login_id, tenant=tenant)
    foreign = await gate.issuer.read(token) if gate.issuer is not None else None
    if foreign is None:
        raise not_logged_in()
    try:
        return IdentifyForeign(**asdict(foreign), tenant=tenant)
    except ValidationError:
        raise not_logged_in() from None


async def newcomer(request: Request) -> Visit:
    """Somebody who may yet have to choose a password. Raises Problem (401, 429), Unavailable."""
    return await visit(request, None)


async def visitor(request: Request) -> Visit:
    """Raises Problem (401, 403, 429), Unavailable."""
    found = await visit(request, None)
    _refuse_newcomer(found)
    return found


def _refuse_newcomer(found: Visit) -> None:
    if found.person.must_change_password:
        detail = "Choose a password of your own first: POST /v1/auth/password."
        raise Problem(403, detail, code="password_change_required")


TenantId = Annotated[
    str | None,
    Header(
        alias="X-Tenant-Id",
        description="The workspace: `ws-...` or its UUID. Required.",
        examples=["ws-3n6d1f8h0j2m"],
    ),
]


async def tenant(request: Request, x_tenant_id: TenantId = None) -> TenantCall:
    """Raises Problem (401, 403, 404, 422, 429), Unavailable."""
    found = await visit(request, x_tenant_id)
    _refuse_newcomer(found)
    if x_tenant_id is None:
        raise invalid(["header", "X-Tenant-Id"], "Field required", "missing")
    return tenant_call(found)


async def visit_tenant(visitor: Visit, tenant_id: str) -> TenantCall:
    """For routes that name the workspace elsewhere than in the header. Raises Problem (401, 404), Unavailable."""
    return tenant_call(await visit(visitor.request, tenant_id))


def tenant_call(found: Visit) -> TenantCall:
    """Raises Problem (404) where the workspace that was asked for is not the organisation's."""
    if found.person.workspace_id is None:
        raise unknown_workspace()
    principal = Principal(found.person.workspace_id, found.actor, NO_GRANTS)
    return TenantCall(found.gate, found.request, principal, found.person)


Newcomer = Annotated[Visit, Depends(newcomer)]
Visitor = Annotated[Visit, Depends(visitor)]
Tenant = Annotated[TenantCall, Depends(tenant)]
