"""The commands of `weft-admin`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table

from contracts.base import MaintenanceTask
from deploy.admin import maintaining, parked, rebuilding, rekeying, subscribers, workspaces
from deploy.admin.bus import Operator, OperatorSettings, Refused, operator
from deploy.local.home import read_credentials
from deploy.local.nats_server import NotReloaded
from services.kit.errors import NotStored, Unavailable
from services.kit.sealing.masters import BadMasterKey

app = App(
    name="weft-admin",
    help="What an operator of Weft does: workspaces, subscribers, parked messages, rebuild, verify, import.",
)
parked_app = App(name="parked", help="Messages that could not be handled.")
app.command(parked_app)
subscriber_app = App(name="subscriber", help="Programs that hear events. docs/events.md says what they may rely on.")
app.command(subscriber_app)
console = Console()

OnlyWorkspace = Annotated[str | None, Parameter(name="--workspace", help="Only this one (ws-...); all without it.")]


@app.command(name="open-workspace")
def open_workspace(name: str, credentials: Path, url: str) -> None:
    """Make a workspace with its first key, and write how to reach it.

    Parameters
    ----------
    name
        What people call it.
    credentials
        The file for the key, in NAME=value lines, readable by its owner alone.
    url
        Where the gateway is; goes into that file.
    """

    async def work(asked: Operator) -> None:
        pepper = OperatorSettings.find().key_pepper
        workspace_id, key = await workspaces.open_workspace(asked, pepper, name)
        known = {"MEMORIES_API_URL": url, "MEMORIES_API_TOKEN": key, "MEMORIES_WORKSPACE_ID": workspace_id}
        workspaces.write_credentials(credentials, **known)
        console.print(f"{workspace_id} made; its key is in {credentials}", highlight=False, soft_wrap=True)

    _run(work)


@app.command(name="give-owner")
def give_owner(email: str, credentials: Path) -> None:
    """Give a workspace an owner who can log in; given again, the same owner has a new password.

    Parameters
    ----------
    email
        With which the owner logs in.
    credentials
        The file that names the workspace, as open-workspace wrote it; the email and the password are added to it.
    """

    async def work(asked: Operator) -> None:
        workspace_id = read_credentials(credentials).get("MEMORIES_WORKSPACE_ID")
        if workspace_id is None:
            sys.exit(f"weft-admin: {credentials} names no workspace (MEMORIES_WORKSPACE_ID)")
        password = await workspaces.give_owner(asked, workspace_id, email)
        workspaces.write_credentials(credentials, WEFT_ADMIN_EMAIL=email, WEFT_ADMIN_PASSWORD=password)
        console.print(f"{email} owns {workspace_id}; the password is in {credentials}", highlight=False, soft_wrap=True)

    _run(work)


@app.command(name="import-git")
def import_git(repository: Path = Path(), *, limit: int | None = None, merges: bool = False) -> None:
    """Store a git repository's history as memories; what is there already stays as it is. Needs a key, not the bus.

    Parameters
    ----------
    repository
        Any folder inside it.
    limit
        Only so many commits, the newest.
    merges
        Merge commits too.
    """
    from deploy.admin import demo  # noqa: PLC0415 - HTTP, which the other commands do without

    sys.exit(demo.run_import(console, repository, limit=limit, merges=merges))


@app.command(name="demo")
def show_demo(repository: Path = Path(), *, limit: int | None = 2_000, wait_s: float = 60.0) -> None:
    """Start Weft if it does not run, import a repository's history, ask about it.

    Parameters
    ----------
    repository
        Any folder inside it.
    limit
        Only so many commits, the newest.
    wait_s
        How long to wait for the embeddings before asking.
    """
    from deploy.admin import demo  # noqa: PLC0415 - HTTP, which the other commands do without

    sys.exit(demo.run_demo(console, repository, limit=limit, wait_s=wait_s))


@app.command
def rebuild(service: Literal["memory", "search", "graph"], workspace: OnlyWorkspace = None) -> None:
    """Make a service's tables or index anew from the log; what is there serves until it is replaced."""

    async def work(asked: Operator) -> None:
        for workspace_id in await rebuilding.workspaces(asked, workspace):
            count = await rebuilding.rebuild(asked, service, workspace_id)
            console.print(f"{workspace_id}: {service} rebuilt, {count} memories", highlight=False)
        if service == "memory" and workspace is None:
            console.print(f"people: rebuilt, {await rebuilding.rebuild_people(asked)} accounts", highlight=False)

    _run(work)


@app.command
def rekey(new_key_file: Path | None = None) -> None:
    """Change the master key while everything works on. Interrupted, it is given again with the same file.

    Parameters
    ----------
    new_key_file
        Has the new key: 32 bytes in base64 (`openssl rand -base64 32`). Without it, the services were given the new key
        and the old one by other means (WEFT_MASTER_KEY="new old").
    """

    async def work(asked: Operator) -> None:
        file = OperatorSettings.find().master_key_file
        if new_key_file is None:
            master, count = await rekeying.rewrap(asked)
            console.print(f"{count} keys are wrapped by {master} now; the old master key may go", highlight=False)
            return
        if file is None:
            sys.exit("weft-admin: where the services read the master key is not known: set WEFT_MASTER_KEY_FILE")
        new = rekeying.read_new(new_key_file)
        rekeying.accept(file, new)
        master, count = await rekeying.rewrap(asked)
        if not rekeying.is_newest(master, new):
            sys.exit(f"weft-admin: the services do not read {file}: nothing has changed")
        kept = rekeying.retire(file, new)
        console.print(f"{count} keys are wrapped by the new master key", highlight=False)
        if kept is not None:
            console.print(f"the old one is in {kept}: backups from before need it", highlight=False, soft_wrap=True)

    _run(work)


@app.command
def verify(workspace: OnlyWorkspace = None) -> None:
    """Compare the log with the read tables, the index and the graph. Exit code 1 where they differ."""

    async def work(asked: Operator) -> None:
        differ = False
        for workspace_id in await rebuilding.workspaces(asked, workspace):
            events, memories, differences = await rebuilding.verify(asked, workspace_id)
            verdict = f"{len(differences)} differences" if differences else "all agree"
            console.print(f"{workspace_id}: {events} events, {memories} memories: {verdict}", highlight=False)
            for difference in differences:
                console.print(f"  {difference}", highlight=False)
            differ = differ or bool(differences)
        if workspace is None:
            of_people = await rebuilding.verify_people(asked)
            console.print(f"people: {f'{len(of_people)} differences' if of_people else 'all agree'}", highlight=False)
            for difference in of_people:
                console.print(f"  {difference}", highlight=False)
            differ = differ or bool(of_people)
        if differ:
            sys.exit(1)

    _run(work)


@app.command
def maintenance(
    workspace: OnlyWorkspace = None,
    task: list[MaintenanceTask] | None = None,
    *,
    wait: bool = True,
    timeout_s: float = 600.0,
) -> None:
    """Have nightly work done now. Exit code 1 where some of it failed, or has not ended in time.

    Parameters
    ----------
    task
        Only this one; may be given several times.
    wait
        Until all of it has ended.
    timeout_s
        How long at most.
    """

    async def work(asked: Operator) -> None:
        jobs = await maintaining.ask_for(asked, workspace, task or maintaining.TASKS)
        if wait:
            jobs = await maintaining.until_ended(asked, jobs, timeout_s)
        table = Table("workspace", "namespace", "task", "status", "result")
        for job in jobs:
            counts = ", ".join(f"{name} {count}" for name, count in job["counts"].items() if count)
            result = job["error"] or " ".join(each for each in (job["reason"], counts) if each)
            table.add_row(job["workspace_id"], job["namespace"], job["kind"], job["status"], result)
        console.print(table)
        if any(job["status"] == "failed" or (wait and not maintaining.has_ended(job)) for job in jobs):
            sys.exit(1)

    _run(work)


@parked_app.command(name="list")
def list_parked() -> None:
    """Show what is parked, and why."""

    async def work(asked: Operator) -> None:
        found = await parked.listed(asked)
        if not found:
            console.print("Nothing is parked.")
            return
        table = Table("number", "since", "service", "subject", "fault")
        for each in found:
            since = f"{each.parked_at:%Y-%m-%d %H:%M:%S}" if each.parked_at else ""
            table.add_row(str(each.number), since, each.service, each.subject, each.fault)
        console.print(table)

    _run(work)


@parked_app.command(name="count")
def count_parked() -> None:
    """Print how many messages are parked."""

    async def work(asked: Operator) -> None:
        console.print(await parked.count(asked))

    _run(work)


@parked_app.command(name="replay")
def replay_parked(number: int | None = None) -> None:
    """Have parked messages handled once more: all, or the one with this number. Exit code 1 if any stays parked."""

    async def work(asked: Operator) -> None:
        chosen = [each for each in await parked.listed(asked) if number in (None, each.number)]
        still = 0
        for each in chosen:
            reason = await parked.replay(asked, each)
            still += reason is not None
            said = f"stays parked: {reason}" if reason else "handled"
            console.print(f"{each.number} {each.subject}: {said}", highlight=False, soft_wrap=True)
        console.print(f"{len(chosen) - still} of {len(chosen)} handled")
        if still:
            sys.exit(1)

    _run(work)


@subscriber_app.command(name="add")
def add_subscriber(
    name: str,
    *,
    workspace: OnlyWorkspace = None,
    types: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    start: Annotated[str, Parameter(name="--from")] = "start",
    account_file: Path | None = None,
) -> None:
    """Let a program hear events; prints the lines with which it connects. The password is shown once.

    Parameters
    ----------
    name
        Of the program.
    types
        Only these: types (weft.memory.stored.v1) or beginnings of types (weft.memory); all without it.
    start
        `start` of the stream, `now`, or a time (2026-11-21T08:00Z).
    account_file
        For a NATS that `make up` did not start: the account goes into this file, for the server's configuration.
    """

    async def work(asked: Operator) -> None:
        reader, settings = subscribers.reader_of(name), OperatorSettings.find()
        let_in = subscribers.gate(settings.nats_url, account_file)
        await subscribers.add_reader(
            asked, reader, workspace=workspace, types=types or (), start=subscribers.read_start(start)
        )
        credentials = subscribers.Credentials.make(reader)
        let_in(credentials)
        print(credentials.lines(settings.nats_url))

    _run(work)


@subscriber_app.command(name="list")
def list_subscribers() -> None:
    """Show who hears what, and how far each is."""

    async def work(asked: Operator) -> None:
        table = Table("name", Column("hears", overflow="fold"), "unread", "not acknowledged", "last given")
        for each in await subscribers.listed(asked):
            last = f"{each.last_given:%Y-%m-%d %H:%M:%S}" if each.last_given else "never"
            table.add_row(each.name, each.hears, str(each.unread), str(each.unsettled), last)
        console.print(table if table.row_count else "Nobody has subscribed.")

    _run(work)


@subscriber_app.command(name="remove")
def remove_subscriber(name: str) -> None:
    """Cut a program off, at once and for good; what it had read is forgotten."""

    async def work(asked: Operator) -> None:
        reader, home = subscribers.reader_of(name), subscribers.local_home(OperatorSettings.find().nats_url)
        known = subscribers.turn_out(home, reader) if home else False
        if not await subscribers.remove_reader(asked, reader) and not known:
            raise Refused(f"there is no subscriber {name}")
        hint = "" if home else f"; take the account {reader} out of the configuration of NATS, too"
        console.print(f"{name} hears nothing more{hint}", highlight=False, soft_wrap=True)

    _run(work)


def _run(work: Callable[[Operator], Awaitable[None]]) -> None:
    """Does `work` on a connection of its own; what goes wrong is said in one line."""

    async def connected() -> None:
        async with operator(OperatorSettings.find()) as asked:
            await work(asked)

    try:
        asyncio.run(connected())
    except ValidationError:
        sys.exit("weft-admin: no running Weft found; `make up` starts one, or set WEFT_NATS_URL and WEFT_KEY_PEPPER")
    except (Refused, Unavailable, NotStored, NotReloaded, BadMasterKey, FileNotFoundError) as why:
        sys.exit(f"weft-admin: {why}")


def main() -> None:
    app()
