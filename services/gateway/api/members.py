"""The people of an organisation, one's own password, and tokens by which people reach content."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from contracts.accounts import (
    WORKSPACE_TOKEN_LASTS,
    ChangePassword,
    ChangeRole,
    Email,
    Invited,
    InviteMember,
    IssueWorkspaceToken,
    ListMembers,
    Member,
    NewPassword,
    RemoveMember,
    ResetPassword,
    Role,
    SecretText,
)
from contracts.base import StrictWord, Text
from services.gateway.api.describing import answer, manages, takes
from services.gateway.api.portal import SECURITY, Newcomer, Visit, Visitor, address_of, refuse_hasty
from services.gateway.api.wire.errors import Problem, json_response
from services.kit.keys import make_key

router = APIRouter(prefix="/v1/auth", tags=["accounts"])


class Invitation(StrictWord):
    """Who is to join."""

    email: Email = Field(description="With which they log in.")
    role: Role = "member"


class NewRole(StrictWord):
    """What somebody is from now on."""

    role: Role


class PasswordChange(StrictWord):
    """One's own password."""

    old_password: SecretText = Field(description="The present one.")
    new_password: NewPassword = Field(description="12 to 1,024 characters.")


class TokenRequest(StrictWord):
    """Which workspace is to be entered."""

    tenant_id: Annotated[Text, Field(max_length=64)] = Field(description="`ws-...` or its UUID.")


class MemberList(BaseModel):
    """The oldest account first."""

    members: list[Member]


class WorkspaceTokenAnswer(BaseModel):
    """What stands after `Token` on data paths, like an API key, but only for so long."""

    token: str
    token_type: str
    expires_in: int = Field(description="Seconds.")
    expires_at: str
    workspace_id: str
    tenant_id: UUID
    namespaces: list[str] = Field(description="Which it reads and writes: those that are active now.")


ACCOUNT_ID_EXAMPLE = "9a1d2c3b-4e5f-4a6b-8c7d-0e1f2a3b4c5d"
_MEMBER_EXAMPLE = {
    "account_id": ACCOUNT_ID_EXAMPLE,
    "email": "grace@example.org",
    "role": "member",
    "created_at": "2026-03-20T09:00:00.000000Z",
    "must_change_password": True,
}
_INVITED_EXAMPLE = _MEMBER_EXAMPLE | {"one_time_password": "b8Jq0vXy2Lk4Zt6R9wNe"}
_TOKEN_EXAMPLE = {
    "token": "wft_live_0a1b2c3d_9f8e7d6c5b4a39281706f5e4d3c2b1a0_1a2b3c4d",
    "token_type": "token",
    "expires_in": 900,
    "expires_at": "2026-03-20T09:15:00.000000Z",
    "workspace_id": "ws-3n6d1f8h0j2m",
    "tenant_id": "5b0c6d7e-1f2a-5b3c-8d4e-9f0a1b2c3d4e",
    "namespaces": ["default", "research"],
}

AccountIdInPath = Annotated[str, Path(description="From the list of members.", examples=[ACCOUNT_ID_EXAMPLE])]


@router.get(
    "/members",
    summary="List the organisation's people",
    responses={200: answer(MemberList, "All of them.", {"members": [_MEMBER_EXAMPLE]}), **manages(403)},
    openapi_extra=SECURITY,
)
async def browse(visit: Visitor) -> Response:
    """Everybody in the organisation may see who else is."""
    return json_response({"members": await visit.ask(ListMembers(**_of(visit)))})


@router.post(
    "/members",
    summary="Invite somebody",
    status_code=201,
    responses={201: answer(Invited, "They can log in.", _INVITED_EXAMPLE), **manages(403, 409, with_body=True)},
    openapi_extra=SECURITY | takes(Invitation, {"email": "grace@example.org", "role": "member"}),
)
async def invite(visit: Visitor) -> Response:
    """An owner's. Makes an account and answers, once, with a password for the first login, to be handed over by whoever
    invites. It is good for a week; whoever logs in with it must choose another before anything else."""
    wanted = await visit.body_as(Invitation)
    question = InviteMember(**_of(visit), email=wanted.email, role=wanted.role)
    return json_response(await visit.ask(question), 201, _NOT_KEPT)


@router.patch(
    "/members/{account_id}",
    summary="Change somebody's role",
    responses={200: answer(Member, "As they are now.", _MEMBER_EXAMPLE), **manages(403, 404, 409, with_body=True)},
    openapi_extra=SECURITY | takes(NewRole, {"role": "owner"}),
)
async def change_role(visit: Visitor, account_id: AccountIdInPath) -> Response:
    """An owner's. It holds from their next request on. The last owner stays one (409, `last_owner`)."""
    wanted = await visit.body_as(NewRole)
    return json_response(await visit.ask(ChangeRole(**_of(visit), account_id=_account(account_id), role=wanted.role)))


@router.delete(
    "/members/{account_id}",
    summary="Remove somebody",
    status_code=204,
    responses={204: {"description": "Gone."}, **manages(403, 404, 409)},
    openapi_extra=SECURITY,
)
async def remove(visit: Visitor, account_id: AccountIdInPath) -> Response:
    """An owner's, save that everybody may remove themselves. Their logins and workspace tokens end at once, and
    nothing is kept that says who they were; API keys that they made are the workspace's, and stay. The last owner
    stays too."""
    await visit.ask(RemoveMember(**_of(visit), account_id=_account(account_id)))
    return Response(status_code=204)


@router.post(
    "/members/{account_id}/reset-password",
    summary="Give somebody a new first password",
    responses={200: answer(Invited, "They can log in again.", _INVITED_EXAMPLE), **manages(403, 404)},
    openapi_extra=SECURITY,
)
async def reset_password(visit: Visitor, account_id: AccountIdInPath) -> Response:
    """An owner's, for who has forgotten theirs. As with an invitation; they are logged out everywhere."""
    found = await visit.ask(ResetPassword(**_of(visit), account_id=_account(account_id)))
    return json_response(found, headers=_NOT_KEPT)


@router.post(
    "/password",
    summary="Change one's own password",
    status_code=204,
    responses={204: {"description": "Changed."}, **manages(403, with_body=True)},
    openapi_extra=SECURITY
    | takes(PasswordChange, {"old_password": "b8Jq0vXy2Lk4Zt6R9wNe", "new_password": "correct horse battery"}),
)
async def change_password(visit: Newcomer) -> Response:
    """Ends every other login of the account. A wrong old password counts as a failed login."""
    wanted = await visit.body_as(PasswordChange)
    question = ChangePassword(
        **_of(visit),
        login_id=visit.login_id,
        old_password=wanted.old_password,
        new_password=wanted.new_password,
        address=address_of(visit.request),
    )
    refuse_hasty(await visit.ask(question))
    return Response(status_code=204)


@router.post(
    "/workspace-token",
    summary="Enter a workspace",
    responses={200: answer(WorkspaceTokenAnswer, "A token.", _TOKEN_EXAMPLE), **manages(403, 404, with_body=True)},
    openapi_extra=SECURITY | takes(TokenRequest, {"tenant_id": "ws-3n6d1f8h0j2m"}),
)
async def workspace_token(visit: Visitor) -> Response:
    """A token of 15 minutes for data paths (`Authorization: Token ...`), where access tokens are not taken. It reads
    and writes the namespaces that are active now, for members and owners alike: what owners do beyond that is
    management. It ends with the login that it was asked for with, and with the account."""
    wanted = await visit.body_as(TokenRequest)
    key = make_key()
    question = IssueWorkspaceToken(
        account_id=visit.person.account_id,
        login_id=visit.login_id,
        tenant=wanted.tenant_id,
        public_id=key.public_id,
        secret_hash=visit.gate.keys.hash_of(key),
    )
    issued = await visit.ask(question)
    told = {
        "token": key.text,
        "token_type": "token",
        "expires_in": int(WORKSPACE_TOKEN_LASTS.total_seconds()),
        **issued,
    }
    return json_response(told, headers=_NOT_KEPT)


_NOT_KEPT = {"Cache-Control": "no-store"}


def _of(visit: Visit) -> dict[str, UUID]:
    return {"organisation_id": visit.person.organisation_id, "by": visit.person.account_id}


def _account(text: str) -> UUID:
    """Raises Problem (404): what is no id is nobody's."""
    try:
        return UUID(text)
    except ValueError:
        raise Problem(404, "Account not found.") from None
