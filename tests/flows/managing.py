"""The first account's people, and the workspaces, keys and namespaces that they make. Through the real gateway."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from deploy.local.home import read_credentials
from tests.stack import Stack


@dataclass(frozen=True)
class Managed:
    """A workspace and an owner of it who has logged in."""

    portal: httpx2.Client
    url: str
    workspace_id: str
    first: dict[str, Any]
    """The key that came with it, with its secret."""

    @property
    def here(self) -> dict[str, str]:
        return {"X-Tenant-Id": self.workspace_id}

    def done(self, method: str, path: str, **sent: Any) -> Any:
        """The body of an answer that must be a good one; None where there is none."""
        answer = self.portal.request(method, path, headers=self.here, **sent)
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if answer.content else None

    def namespace(self, key: str) -> dict[str, Any]:
        created: dict[str, Any] = self.done("POST", "/v1/namespaces", json={"key": key, "name": key.title()})
        return created

    def ids(self) -> dict[str, str]:
        """The id of each namespace by its key."""
        listed = self.done("GET", "/v1/namespaces")["namespaces"]
        return {each["key"]: each["id"] for each in listed}

    def scopes(self, **permissions: str) -> list[dict[str, Any]]:
        """`research="rw"`, by the keys of namespaces."""
        ids, words = self.ids(), {"r": "read", "w": "write"}
        return [
            {"namespace_id": ids[key], "permissions": [words[it] for it in letters]}
            for key, letters in permissions.items()
        ]

    def key(self, default_: str | None = None, /, **permissions: str) -> dict[str, Any]:
        """A key, with its secret. Its default namespace first, then what it may do where."""
        body: dict[str, Any] = {"tenant_id": self.workspace_id, "name": "made by a test"}
        if permissions:
            body["scopes"] = self.scopes(**permissions)
        if default_ is not None:
            body["default_namespace_id"] = self.ids()[default_]
        made: dict[str, Any] = self.done("POST", "/v1/auth/api-keys", json=body)
        return made

    def client(self, secret: str) -> httpx2.Client:
        """Of somebody with that key, for both families of data paths."""
        headers = {"Authorization": f"Token {secret}", "X-API-Key": secret}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=15)


def log_in(stack: Stack) -> dict[str, str]:
    """The header of the first owner."""
    known = read_credentials(stack.home.credentials)
    given = {"email": known["WEFT_ADMIN_EMAIL"], "password": known["WEFT_ADMIN_PASSWORD"]}
    login = httpx2.post(f"{stack.url}/v1/auth/login", json=given, timeout=15)
    assert login.status_code == 200, login.text
    return {"Authorization": f"Bearer {login.json()['access_token']}"}


@contextmanager
def managing(stack: Stack) -> Iterator[Managed]:
    """A workspace of its own."""
    with httpx2.Client(base_url=stack.url, headers=log_in(stack), timeout=15) as portal:
        made = portal.post("/v1/auth/api-keys", json={"name": "first"})
        assert made.status_code == 201, made.text
        yield Managed(portal, stack.url, made.json()["workspace_id"], made.json())
