"""People: what the gateway asks memory about accounts and organisations, and what it is told.

All of it, changes too, is asked as core NATS requests on a root of its own (`accounts.>`): only the gateway may ask,
only memory hears, and nothing is kept on a stream, for these messages hold passwords and tokens.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, PlainSerializer, SecretStr, StringConstraints

from contracts.base import Moment, StrictWord, Text, Title, Word, WorkspaceId

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


class FirstOwner(StrictWord):
    """Only an operator's: an organisation and its owner; where both are there, the owner gets this password."""

    organisation_id: UUID
    name: Title
    email: Email
    password: NewPassword


class Person(Word):
    """Somebody with an account, as they are now. `workspace_id` is the one that was asked for, if it is theirs."""

    account_id: UUID
    organisation_id: UUID
    email: str
    role: Role
    workspace_id: WorkspaceId | None = None


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
    created_at: datetime
