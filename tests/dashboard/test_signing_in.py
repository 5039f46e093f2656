"""Who is let in, what is kept of a login, and what members see."""

from typing import Any

import httpx2
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.conftest import a_context, sign_in
from tests.stack import PATIENCE_S, Workspace

OWN_PASSWORD = "a password of her own"


def test_a_login_lasts_over_a_reload_and_leaves_nothing_that_scripts_can_read(
    browser: Browser, owned: tuple[Workspace, dict[str, str]]
) -> None:
    workspace, account = owned
    context = a_context(browser)
    page = context.new_page()
    page.goto(f"{workspace.url}/memories")
    page.get_by_label("Email").fill(account["email"])
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()

    sign_in(page, account)
    expect(page.get_by_role("heading", name="Memories", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Memories", level=1)).to_be_visible()
    assert kept(page) == ""
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


def test_a_member_chooses_a_password_first_and_manages_nothing(
    browser: Browser, owned: tuple[Workspace, dict[str, str]]
) -> None:
    workspace, account = owned
    invited = invite(workspace, account)
    context = a_context(browser)
    page = context.new_page()
    page.goto(f"{workspace.url}/settings/keys")
    page.get_by_label("Email").fill(invited["email"])
    page.get_by_label("Password").fill(invited["one_time_password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("One-time password").fill(invited["one_time_password"])
    page.get_by_label("New password").fill(OWN_PASSWORD)
    page.get_by_role("button", name="Set password").click()

    expect(page.get_by_role("table", name="API keys")).to_be_visible()
    settings = page.get_by_role("navigation", name="Settings")
    expect(settings.get_by_role("link", name="Members")).to_be_visible()
    assert settings.get_by_role("link", name="Audit").count() == 0
    assert page.get_by_role("main").get_by_role("button").count() == 0
    context.close()


def kept(page: Page) -> str:
    """All that a script can read of what the browser keeps."""
    text: str = page.evaluate(
        "[document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage)].join()"
    )
    return text


def invite(workspace: Workspace, account: dict[str, str]) -> dict[str, Any]:
    with httpx2.Client(base_url=workspace.url, timeout=PATIENCE_S) as portal:
        login = portal.post("/v1/auth/login", json=account).json()
        bearer = {"Authorization": f"Bearer {login['access_token']}"}
        email = account["email"].replace("owner", "member")
        invited: dict[str, Any] = portal.post("/v1/auth/members", json={"email": email}, headers=bearer).json()
    return invited
