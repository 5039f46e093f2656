"""People who have logged in: management routes get them as `Visitor`, or as `Tenant` with one of their workspaces.

Management paths take `Authorization: Bearer <access token>` and nothing else; an API key is no such token. Who
somebody is and what is theirs is asked of memory on each request: who was removed, or has logged out, is nobody at
once.
"""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from contracts import subjects
from contracts.accounts import AccountQuestion, Identify, Person
from contracts.base import DEFAULT_NAMESPACE, Grants
from services.gateway import tokens
from services.gateway.api.calls import REPLY_TIMEOUT_S, Call, Gate
from services.gateway.api.refusals import body_of
from services.gateway.api.wire.bodies import fit, read_object
from services.gateway.api.wire.errors import Problem, invalid
from services.gateway.api.wire.rates import Rate
from services.gateway.auth import Principal
from services.gateway.tokens import Access

Model = TypeVar("Model", bound=BaseModel)

SECURITY: dict[str, Any] = {"security": [{"portal": []}]}
"""For `openapi_extra` of management routes."""

_NO_GRANTS = Grants(read=(), write=(), default=DEFAULT_NAMESPACE)
"""A person manages a workspace; what is in it they reach with a key or a workspace token."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who has logged in."""

    gate: Gate
    request: Request
    person: Person
    access: Access

    @property
    def actor(self) -> str:
        return actor_of(self.person)

    async def body_as(self, model: type[Model], *, optional: bool = False) -> Model:
        """The body as `model`. Raises Problem."""
        return fit(model, await read_object(self.request, optional=optional))

    async def ask(self, question: AccountQuestion) -> Any:
        """The body of the answer, as plain JSON. Raises Problem for a refusal, Unavailable."""
        return await ask(self.gate, question)

    def require_owner(self) -> None:
        """Raises Problem (403) for a member."""
        require_owner(self.person)


@dataclass(frozen=True, slots=True)
class TenantCall(Call):
    """A Call about a workspace that is the person's organisation's: `principal.workspace_id`, to be asked and ordered
    about as any other. Its grants are empty: content is not managed."""

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


async def person_for(request: Request, tenant: str | None) -> Visit:
    """Who asks; with their workspace where `tenant` names it. Raises Problem (401), Unavailable."""
    gate = cast(Gate, request.app.state.gate)
    authorization = request.headers.get("authorization")
    if authorization is None:
        raise not_logged_in("Authentication credentials were not provided.")
    scheme, _, token = authorization.partition(" ")
    access = tokens.read(gate.portal_key, token.strip(" ")) if scheme.lower() == "bearer" else None
    if access is None:
        raise not_logged_in()
    question = Identify(account_id=access.account_id, login_id=access.login_id, tenant=tenant)
    found = await gate.bus.ask(subjects.account(question), question, REPLY_TIMEOUT_S)
    if found.get("refusal") is not None:
        raise not_logged_in()
    return Visit(gate, request, Person.model_validate(found["body"]), access)


async def visitor(request: Request) -> Visit:
    """Raises Problem (401, 429), Unavailable."""
    visit = await person_for(request, None)
    await _rate(visit).count(visit.actor)
    return visit


TenantId = Annotated[
    str | None,
    Header(
        alias="X-Tenant-Id",
        description="The workspace: `ws-...` or its UUID. Required.",
        examples=["ws-3n6d1f8h0j2m"],
    ),
]


async def tenant(request: Request, x_tenant_id: TenantId = None) -> TenantCall:
    """Raises Problem (401, 404, 422, 429), Unavailable."""
    visit = await person_for(request, x_tenant_id)
    await _rate(visit).count(visit.actor)
    if x_tenant_id is None:
        raise invalid(["header", "X-Tenant-Id"], "Field required", "missing")
    return tenant_call(visit)


async def visit_tenant(visit: Visit, tenant_id: str) -> TenantCall:
    """For routes that name the workspace elsewhere than in the header. Raises Problem (404), Unavailable."""
    return tenant_call(await person_for(visit.request, tenant_id))


def tenant_call(visit: Visit) -> TenantCall:
    """Raises Problem (404) where the workspace that was asked for is not the organisation's."""
    if visit.person.workspace_id is None:
        raise unknown_workspace()
    principal = Principal(visit.person.workspace_id, visit.actor, _NO_GRANTS)
    return TenantCall(visit.gate, visit.request, principal, visit.person)


def organisation_of(call: Visit | TenantCall) -> UUID:
    return call.person.organisation_id


def _rate(visit: Visit) -> Rate:
    return visit.gate.reads if visit.request.method == "GET" else visit.gate.writes


Visitor = Annotated[Visit, Depends(visitor)]
Tenant = Annotated[TenantCall, Depends(tenant)]
