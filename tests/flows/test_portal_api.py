"""The first account, as `make up` leaves it, and what people do with theirs. Through the real gateway."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from contracts.base import tenant_id
from deploy.local.home import read_credentials
from deploy.local.start import FIRST_EMAIL
from tests.stack import Stack, Workspace


@pytest.fixture
def anybody(stack: Stack) -> Any:
    with httpx2.Client(base_url=stack.url, timeout=15) as opened:
        yield opened


def credentials(stack: Stack) -> dict[str, str]:
    found = read_credentials(stack.home.credentials)
    return {"email": found["WEFT_ADMIN_EMAIL"], "password": found["WEFT_ADMIN_PASSWORD"]}


def test_the_first_account_is_in_the_credentials_and_logs_in(stack: Stack, anybody: httpx2.Client) -> None:
    assert credentials(stack)["email"] == FIRST_EMAIL
    login = anybody.post("/v1/auth/login", json=credentials(stack))
    assert login.status_code == 200, login.text
    assert (login.json()["token_type"], login.json()["expires_in"]) == ("bearer", 900)
    me = anybody.get("/v1/auth/me", headers={"Authorization": f"Bearer {login.json()['access_token']}"})
    assert (me.json()["email"], me.json()["role"]) == (FIRST_EMAIL, "owner")


def test_a_login_is_refreshed_and_ended(stack: Stack, anybody: httpx2.Client) -> None:
    login = anybody.post("/v1/auth/login", json=credentials(stack)).json()
    again = anybody.post("/v1/auth/refresh", json={"refresh_token": login["refresh_token"]}).json()
    headers = {"Authorization": f"Bearer {again['access_token']}"}
    assert anybody.get("/v1/auth/me", headers=headers).status_code == 200
    assert anybody.post("/v1/auth/logout", json={"refresh_token": again["refresh_token"]}).status_code == 204
    assert anybody.get("/v1/auth/me", headers=headers).status_code == 401
    assert anybody.post("/v1/auth/refresh", json={"refresh_token": again["refresh_token"]}).status_code == 401


def test_wrong_credentials_are_refused_alike(stack: Stack, anybody: httpx2.Client) -> None:
    told = [
        anybody.post("/v1/auth/login", json={"email": email, "password": "not the password"})
        for email in (FIRST_EMAIL, "nobody@example.org")
    ]
    assert {(each.status_code, each.headers["WWW-Authenticate"], each.content) for each in told} == {
        (401, "Bearer", b'{"detail":"Email or password is wrong.","code":"wrong_credentials"}')
    }


def test_no_log_knows_a_password_or_a_token(stack: Stack, anybody: httpx2.Client) -> None:
    known = credentials(stack)
    login = anybody.post("/v1/auth/login", json=known).json()
    anybody.post("/v1/auth/login", json=known | {"password": "a canary in a wrong password"})
    anybody.post("/v1/auth/refresh", json={"refresh_token": "a canary in a wrong token"})
    anybody.get("/v1/auth/me", headers={"Authorization": f"Bearer {login['access_token']}x"})
    secrets = [known["password"], login["access_token"], login["refresh_token"], "a canary in a wrong"]
    logged = b"".join(file.read_bytes() for file in Path(stack.home.logs).rglob("*") if file.is_file())
    kept = b"".join(file.read_bytes() for file in Path(stack.home.nats_data).rglob("*") if file.is_file())
    for secret in secrets:
        assert secret.encode() not in logged
        assert secret.encode() not in kept


def logged_in(anybody: httpx2.Client, credentials: dict[str, str]) -> dict[str, str]:
    """The header of somebody who has logged in."""
    answer = anybody.post("/v1/auth/login", json=credentials)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_people_join_work_and_go(stack: Stack, workspace: Workspace, anybody: httpx2.Client) -> None:
    owner = logged_in(anybody, stack.new_owner(workspace))
    email = f"grace-{uuid4().hex}@example.org"
    guest = anybody.post("/v1/auth/members", json={"email": email}, headers=owner)
    assert guest.status_code == 201, guest.text
    first = guest.json()["one_time_password"]
    member = logged_in(anybody, {"email": email, "password": first})
    assert anybody.get("/v1/auth/members", headers=member).status_code == 403
    chosen = {"old_password": first, "new_password": "correct horse battery staple"}
    assert anybody.post("/v1/auth/password", json=chosen, headers=member).status_code == 204
    listed = anybody.get("/v1/auth/members", headers=member).json()["members"]
    assert [each["role"] for each in listed] == ["owner", "member"]
    refused = anybody.post("/v1/auth/members", json={"email": "eve@example.org"}, headers=member)
    assert (refused.status_code, refused.json()["code"]) == (403, "owner_only")

    path = f"/v1/auth/members/{guest.json()['account_id']}"
    entered = anybody.post("/v1/auth/workspace-token", json={"tenant_id": workspace.workspace_id}, headers=member)
    token = {"Authorization": f"Token {entered.json()['token']}"}
    assert anybody.get("/api/v1/workspace", headers=token).status_code == 200
    assert anybody.patch(path, json={"role": "owner"}, headers=owner).json()["role"] == "owner"
    assert anybody.delete(path, headers=owner).status_code == 204
    assert anybody.get("/v1/auth/me", headers=member).status_code == 401
    assert anybody.get("/api/v1/workspace", headers=token).status_code == 401
    assert anybody.delete(path, headers=owner).status_code == 404


def test_a_workspace_token_reads_and_writes_its_workspace_and_manages_nothing(
    stack: Stack, workspace: Workspace, anybody: httpx2.Client
) -> None:
    owner = logged_in(anybody, stack.new_owner(workspace))
    by_uuid = {"tenant_id": str(tenant_id(workspace.workspace_id))}
    entered = anybody.post("/v1/auth/workspace-token", json=by_uuid, headers=owner).json()
    assert (entered["workspace_id"], entered["expires_in"], entered["namespaces"]) == (
        workspace.workspace_id,
        900,
        ["default"],
    )
    token = {"Authorization": f"Token {entered['token']}"}
    memory = {"title": "Entered", "narrative": "By somebody who has logged in."}
    stored = anybody.post("/api/v1/memories/store", json=memory, headers=token)
    assert stored.status_code == 201, stored.text
    own = anybody.get(f"/api/v1/memories/{stored.json()['memory_id']}", headers=workspace.headers)
    assert own.json()["title"] == "Entered"
    for scheme in ("Token", "Bearer"):
        refused = anybody.get("/v1/auth/me", headers={"Authorization": f"{scheme} {entered['token']}"})
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_workspace_of_others_is_an_unknown_one(stack: Stack, workspace: Workspace, anybody: httpx2.Client) -> None:
    owner = logged_in(anybody, stack.new_owner(workspace))
    foreign = stack.default_workspace().workspace_id
    names = (foreign, str(tenant_id(foreign)), "ws-000000000000", str(uuid4()), "nothing")
    told = [anybody.post("/v1/auth/workspace-token", json={"tenant_id": each}, headers=owner) for each in names]
    assert {(each.status_code, each.content) for each in told} == {(404, b'{"detail":"Workspace not found."}')}


@pytest.mark.slow
def test_a_folder_from_before_there_were_accounts_gets_its_first_one(tmp_path: Path) -> None:
    before = Stack.start(tmp_path)
    file = before.home.credentials
    try:
        workspace = before.default_workspace()
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not line.startswith("WEFT_ADMIN_")))
    finally:
        before.stop()
    after = Stack.start(tmp_path)
    try:
        assert after.default_workspace() == workspace
        assert file.stat().st_mode & 0o777 == 0o600
        login = httpx2.post(f"{after.url}/v1/auth/login", json=credentials(after), timeout=15)
        assert login.status_code == 200, login.text
    finally:
        after.stop()
