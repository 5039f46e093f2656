"""This client on the command line: who it is, where its server is, how that does."""

import sys
from collections.abc import Callable, Iterator
from getpass import getpass
from typing import NamedTuple

from weft.cli import logins, profiles
from weft.cli.here import Here, _Here
from weft.cli.options import Flag
from weft.cli.output import Column
from weft.errors import NotConfigured, WeftError


def login(email: str | None = None, *, password_stdin: Flag = False, here: Here) -> None:
    """Keep an API key, or a login, in the profile, together with the server that it is for (--url).

    Parameters
    ----------
    email
        Log in, to manage workspaces, namespaces and keys. If not given: keep a key, that of --token, or asked for.
    password_stdin
        The password (or the key) is on standard input.
    """
    if email is None:
        token = here.given.token or _secret("API key", from_stdin=password_stdin)
        workspace_id = logins.keep_key(here, token)
        kept = f"Kept a key to {workspace_id}"
    else:
        workspace_id = logins.log_in(here, email, _secret("Password", from_stdin=password_stdin)).workspace_id or ""
        kept = f"Logged in as {email}"
    shown = {"profile": here.profile_name, "url": here.settings.url, "workspace_id": workspace_id, "email": email}
    here.output.done(shown, f"{kept} at {here.settings.url}, in profile '{here.profile_name}' of {profiles.path()}.")


def logout(*, here: Here) -> None:
    """End the login, and forget it; an API key in the profile stays."""
    ended = logins.log_out(here)
    here.output.done({"logged_out": ended}, "Logged out." if ended else "Nobody was logged in.")


def whoami(*, here: Here) -> None:
    """Show the server, the workspace and the login that commands would use."""
    settings, profile = here.settings, here.profile
    workspace = here.weft.workspace() if settings.token else None
    is_logged_in = profile.refresh_token is not None and profile.url == settings.url
    shown = {
        "url": settings.url,
        "profile": here.profile_name if profile.url == settings.url else None,
        "workspace_id": workspace.workspace_id if workspace else settings.workspace_id,
        "workspace": workspace.name if workspace else None,
        "plan": workspace.plan if workspace else None,
        "key": _shortened(settings.token),
        "email": profile.email if is_logged_in else None,
    }
    here.output.record(shown, list(shown.items()))


def status(*, here: Here) -> None:
    """Show how the server does, and what the workspace holds. Ends with 6 where a part is missing."""
    here.weft.with_options(retries_max=0).ready()
    workspace = here.weft.workspace()
    open_jobs = [job for state in ("queued", "running", "waiting") for job in here.weft.jobs.list(status=state)]
    limit = "no limit" if workspace.memory_limit is None else f"of {workspace.memory_limit:,}"
    shown = {
        "url": here.settings.url,
        "server": "ready",
        "workspace": f"{workspace.workspace_id} ({workspace.name})",
        "plan": workspace.plan,
        "memories": f"{workspace.memory_count:,} ({limit})",
        "jobs": ", ".join(f"{job.job_id} {job.status}" for job in open_jobs) or "none open",
    }
    whole = {"url": here.settings.url, "ready": True, "workspace": workspace, "open_jobs": open_jobs}
    here.output.record(whole, list(shown.items()))
    if workspace.near_limit:
        here.output.warn([f"the plan's limit is near; these could go: {', '.join(workspace.pruning_candidates)}"])


class Finding(NamedTuple):
    """One thing that `doctor` looked at."""

    what: str
    is_good: bool
    said: str
    hint: str = ""


def doctor(*, here: Here) -> int:
    """Look for what could be wrong, one thing after the other. Ends with 1 where something is."""
    findings = list(_examined(here))
    columns = [
        Column[Finding]("", lambda it: "ok" if it.is_good else "BAD"),
        Column[Finding]("what", lambda it: it.what),
        Column[Finding]("found", lambda it: it.said, is_long=True),
        Column[Finding]("hint", lambda it: it.hint, is_long=True),
    ]
    here.output.rows(findings, columns, whole=[each._asdict() for each in findings])
    return 0 if all(each.is_good for each in findings) else 1


def _examined(here: _Here) -> Iterator[Finding]:
    """What rests on something that is bad is not looked at."""
    file = profiles.path()
    yield _tried("configuration", lambda: f"{file}, profile '{here.profile_name}'" if here.profiles else "none")
    if profiles.is_open_to_others(file):
        yield Finding("secrets", False, f"{file} can be read by others", f"chmod 600 {file}")
    yield (url := _tried("server known", lambda: here.settings.url))
    if not url.is_good:
        return
    yield (answers := _tried("server ready", lambda: _ready(here)))
    if not answers.is_good:
        return
    yield (key := _tried("key", lambda: here.weft.workspace().workspace_id))
    wanted = here.settings.workspace_id
    if key.is_good and wanted and wanted != key.said:
        yield Finding(
            "workspace", False, f"{wanted} is set, and the key is of {key.said}", "Unset MEMORIES_WORKSPACE_ID."
        )
    if here.profile.refresh_token is not None:
        yield _tried("login", lambda: here.managing.portal.me().email or "")


def _ready(here: _Here) -> str:
    here.weft.with_options(retries_max=0).ready()
    return "yes"


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except WeftError as why:
        return Finding(what, False, str(why), why.hint or "")


def mcp(*, here: Here) -> None:
    """Serve the Model Context Protocol on standard input and output, for an agent's program to start."""
    from weft.mcp.stdio import run  # noqa: PLC0415 - takes a second to import

    run(here.settings)


def _shortened(token: str | None) -> str | None:
    """What a key begins with, which is no secret."""
    return token and f"{token.rsplit('_', 2)[0]}_..."


def _secret(what: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise NotConfigured(
            f"{what} is missing, and there is nobody to ask: give it with --password-stdin.", logins.HOW_TO
        )
    return getpass(f"{what}: ")
