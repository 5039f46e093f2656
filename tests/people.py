"""Organisations and people of the memory service, made for one test."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from contracts import subjects
from contracts.accounts import AccountQuestion, FirstOwner, Identify, LogIn
from deploy.admin.bus import Operator, Refused, body
from tests.services import TIMEOUT_S

PASSWORD = "correct horse battery staple"


def an_email() -> str:
    return f"ada-{uuid4().hex[:12]}@example.org"


@dataclass(frozen=True)
class People:
    """An organisation with one owner, and how to ask about it."""

    operator: Operator
    organisation_id: UUID
    email: str

    @classmethod
    async def make(cls, operator: Operator, email: str | None = None) -> "People":
        made = cls(operator, uuid4(), email or an_email())
        await made.give_password(PASSWORD)
        return made

    async def give_password(self, password: str) -> dict[str, Any]:
        asked = {"organisation_id": self.organisation_id, "name": "Payments", "email": self.email}
        owner = FirstOwner.model_validate(asked | {"password": password})
        told: dict[str, Any] = await self.operator.request("memory", "first_owner", owner, TIMEOUT_S)
        return told

    async def ask(self, question: AccountQuestion) -> Any:
        """The body of the answer. Raises Refused."""
        return body(await self.operator.bus.ask(subjects.account(question), question, TIMEOUT_S))

    async def why_not(self, question: AccountQuestion) -> str:
        """The code of the refusal."""
        answer = await self.operator.bus.ask(subjects.account(question), question, TIMEOUT_S)
        assert answer["refusal"] is not None, answer
        return str(answer["refusal"]["code"])

    async def log_in(self, password: str = PASSWORD, *, email: str | None = None, address: str | None = None) -> Any:
        asked = {"email": email or self.email, "password": password, "address": address or uuid4().hex}
        return await self.ask(LogIn.model_validate(asked))

    async def person(self, login: dict[str, Any], tenant: str | None = None) -> dict[str, Any] | None:
        """Who is behind a login, if anybody still is."""
        asked = Identify(account_id=login["person"]["account_id"], login_id=login["login_id"], tenant=tenant)
        try:
            found: dict[str, Any] = await self.ask(asked)
        except Refused:
            return None
        return found
