"""What `weft login` keeps in the profile, and how it stays good.

A refresh token is good for one use: two commands at a time take turns, or the server would take one for a thief.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from weft.cli import profiles
from weft.cli.profiles import Profile
from weft.errors import NotAuthenticated, NotConfigured

if TYPE_CHECKING:
    from weft.cli.here import _Here
    from weft.management_models import Login

EARLY = timedelta(seconds=30)
HOW_TO = "Run `weft login you@example.org`."


def keep_key(here: "_Here", token: str) -> str:
    """Keeps it, once the server knows it. The workspace that it opens."""
    weft = here.weft.with_options(token=token)
    workspace = weft.workspace()
    profile = _of_this_server(here)
    here.save(replace(profile, token=token, workspace_id=workspace.workspace_id))
    return workspace.workspace_id


def log_in(here: "_Here", email: str, password: str) -> Profile:
    """Keeps the login; with it the workspace, where the account has only one and the profile has none."""
    login = here.weft.portal.login(email, password)
    profile = replace(_with(login, _of_this_server(here)), email=email)
    if profile.workspace_id is None:
        found = here.weft.with_options(portal_token=login.access_token).portal.workspaces()
        if len(found) == 1:
            profile = replace(profile, workspace_id=found[0].workspace_id)
    here.save(profile)
    return profile


def log_out(here: "_Here") -> bool:
    """Ends the login at the server, and forgets it; the key stays. Whether there was one."""
    profile = here.profile
    if profile.refresh_token is None:
        return False
    here.weft.portal.logout(profile.refresh_token)
    here.save(_without_login(profile))
    return True


def access_token(here: "_Here") -> str:
    """Raises NotConfigured where nobody is logged in, or no longer."""
    with _alone():
        profile = profiles.read(profiles.path()).get(here.profile_name, Profile())
        if profile.refresh_token is None or profile.url != here.settings.url:
            raise NotConfigured(f"Nobody is logged in at {here.settings.url}.", HOW_TO)
        if profile.access_token and profile.access_until and _is_to_come(profile.access_until):
            return profile.access_token
        try:
            login = here.weft.portal.refresh(profile.refresh_token)
        except NotAuthenticated as why:
            here.save(_without_login(profile))
            raise NotConfigured("The login has ended.", HOW_TO) from why
        here.save(_with(login, profile))
        return login.access_token


def _of_this_server(here: "_Here") -> Profile:
    """The profile, empty where it was for another server."""
    url = here.settings.url
    return here.profile if here.profile.url == url else Profile(url=url)


def _with(login: "Login", profile: Profile) -> Profile:
    until = datetime.now(UTC) + timedelta(seconds=login.expires_in)
    return replace(
        profile,
        refresh_token=login.refresh_token,
        access_token=login.access_token,
        access_until=until.isoformat(timespec="seconds"),
    )


def _without_login(profile: Profile) -> Profile:
    return replace(profile, email=None, refresh_token=None, access_token=None, access_until=None)


def _is_to_come(moment: str) -> bool:
    try:
        return datetime.fromisoformat(moment) - EARLY > datetime.now(UTC)
    except (TypeError, ValueError):  # somebody else wrote it
        return False


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time."""
    file = profiles.path().with_suffix(".lock")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
