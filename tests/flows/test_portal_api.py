"""The first account, as `make up` leaves it, and what people do with theirs. Through the real gateway."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local.home import read_credentials
from deploy.local.start import FIRST_EMAIL
from tests.stack import Stack


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
        (401, "Bearer", b'{"detail":"Email or password is wrong."}')
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
