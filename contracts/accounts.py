"""People: what the gateway asks memory about accounts and organisations, and what it is told; and what of webhooks is
not for everybody on the bus.

All of it, changes too, is asked as core NATS requests on a root of its own (`accounts.>`): only the gateway may ask,
only memory hears, and nothing is kept on a stream, for these messages hold passwords, tokens and secrets.
"""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, PlainSerializer, SecretStr, StringConstraints

from contracts.base import Moment, StrictWord, Text, Title, Word, WorkspaceId
from contracts.queries import AuditFilters

Role = Literal["owner", "member"]
"""In an organisation. A member works with its workspaces, an owner also decides who and what is in it."""

Email = Annotated[
    Text,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=254, pattern=r"^[^\s@]+@[^\s@]+$"),
]
"""In small letters: people do not tell `Ada@` from `ada@`. Whether mail arrives there is not asked."""

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 1_024


def _as_text(secret: SecretStr) -> str:
    return secret.get_secret_value()


def _short_enough(secret: SecretStr) -> SecretStr:
    if not 1 <= len(secret.get_secret_value()) <= PASSWORD_LENGTH_MAX:
        raise ValueError(f"must have 1 to {PASSWORD_LENGTH_MAX} characters")
    return secret


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < PASSWORD_LENGTH_MIN:
        raise ValueError(f"must have at least {PASSWORD_LENGTH_MIN} characters")
    return secret


SecretText = Annotated[
    SecretStr, AfterValidator(_short_enough), PlainSerializer(_as_text, return_type=str, when_used="json")
]
"""A password or a token: shown as stars wherever it is printed, itself only in JSON, on its way."""

NewPassword = Annotated[SecretText, AfterValidator(_long_enough)]
"""NIST SP 800-63B: length counts, rules of composition do not."""


class AccountQuestion(StrictWord):
    """Asked of memory under `accounts.<name>`."""

    name: ClassVar[str]


class LogIn(AccountQuestion):
    """`address`: from where, for counting failures."""

    name = "log_in"

    email: Email
    password: SecretText
    address: Text


class Refresh(AccountQuestion):
    """A new refresh token for an old one, which is dead from then on; used again, it ends the whole login."""

    name = "refresh"

    refresh_token: SecretText


class LogOut(AccountQuestion):
    name = "log_out"

    refresh_token: SecretText


class Identify(AccountQuestion):
    """Who is behind an access token now, and which workspace of theirs `tenant` (ws-... or a UUID) names."""

    name = "identify"

    account_id: UUID
    login_id: UUID
    tenant: Text | None = None


class IdentifyForeign(AccountQuestion):
    """The same for somebody whom another server vouches for. Unknown until now, they become a member of the
    organisation that is named; where none is, they are refused."""

    name = "identify_foreign"

    issuer: Text
    subject: Text
    email: Email | None = None
    organisation_id: UUID | None = None
    tenant: Text | None = None


class OfOrganisation(AccountQuestion):
    """`by` asks about the organisation that they belong to."""

    organisation_id: UUID
    by: UUID


class ListMembers(OfOrganisation):
    """All its people, the oldest account first (Member)."""

    name = "members"


class ListDeeds(OfOrganisation):
    """What was done to the organisation's people, and which of its workspaces were deleted: AuditEntry, the newest
    first."""

    name = "deeds"

    filters: AuditFilters = AuditFilters()


class InviteMember(OfOrganisation):
    """Makes an account with a password for a first login (Invited)."""

    name = "invite"

    email: Email
    role: Role


class ResetPassword(OfOrganisation):
    """Gives somebody a password for a first login once more (Invited); they are logged out everywhere."""

    name = "reset_password"

    account_id: UUID


class ChangeRole(OfOrganisation):
    name = "change_role"

    account_id: UUID
    role: Role


class RemoveMember(OfOrganisation):
    """The account, all its logins and tokens, and whatever says who it was."""

    name = "remove"

    account_id: UUID


class ChangePassword(OfOrganisation):
    """One's own. Every other login of the account ends."""

    name = "change_password"

    login_id: UUID | None
    old_password: SecretText
    new_password: NewPassword
    address: Text


class IssueWorkspaceToken(AccountQuestion):
    """A key of a quarter of an hour to the content of a workspace; `secret_hash` as in contracts.commands.KeyDraft."""

    name = "workspace_token"

    account_id: UUID
    login_id: UUID | None
    tenant: Text
    public_id: Annotated[str, Field(pattern=r"^[a-z0-9]{8}$")]
    secret_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FirstOwner(StrictWord):
    """Only an operator's: the organisation is there, and whoever has this address is its owner, with this password."""

    organisation_id: UUID
    name: Title
    email: Email
    password: NewPassword


class Person(Word):
    """Somebody with an account, as they are now. `workspace_id` is the one that was asked for, if it is theirs.

    `must_change_password`: somebody else chose it, and until they choose another they may do nothing else.
    """

    account_id: UUID
    organisation_id: UUID
    email: str
    role: Role
    workspace_id: WorkspaceId | None = None
    must_change_password: bool = False


class LoggedIn(Word):
    """`login_id` names what began with the password and lasts, over refreshes, until `expires_at` at most."""

    person: Person
    login_id: UUID
    refresh_token: Annotated[str, Field(repr=False)]
    expires_at: Moment


class TooManyFailures(Word):
    """No password is looked at for so long."""

    retry_after_s: int


class Member(Word):
    """Somebody of an organisation, as its people see them."""

    account_id: UUID
    email: str
    role: Role
    created_at: Moment
    must_change_password: bool = False


class Invited(Member):
    """With the password for the first login, which is shown once and good for a week."""

    one_time_password: Annotated[str, Field(repr=False)]


WORKSPACE_TOKEN_LASTS = timedelta(minutes=15)


class WorkspaceToken(Word):
    """What a workspace token is good for, and until when; the token itself is the gateway's to give."""

    workspace_id: WorkspaceId
    tenant_id: UUID
    namespaces: tuple[str, ...]
    expires_at: Moment


class WebhookQuestion(AccountQuestion):
    """About one webhook of a workspace that the asker may manage. Of what is asked here, too, nothing is kept."""

    workspace_id: WorkspaceId
    webhook_id: UUID


class ShowWebhookSecret(WebhookQuestion):
    """The secret by which it is signed now, as a text."""

    name = "webhook_secret"


class PingWebhook(WebhookQuestion):
    """Sends it an event that says nothing. Answered with the id of the delivery."""

    name = "webhook_test"


class ReplayWebhook(WebhookQuestion):
    """Sends again: everything `after` a seq, one delivery, or with neither all that are parked. Answered with how many
    deliveries wait because of that; those after a seq are queued later."""

    name = "webhook_replay"

    after: Annotated[int, Field(ge=0)] | None = None
    delivery_id: UUID | None = None
