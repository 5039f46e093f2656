"""API keys on the command line; for who is logged in."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from cyclopts import App, Parameter

from weft.cli.faults import NoSuchName
from weft.cli.here import Here, _Here
from weft.cli.namespaces import named
from weft.cli.options import Flag
from weft.cli.output import Column
from weft.errors import NotConfigured
from weft.words import Permission

if TYPE_CHECKING:
    from weft.management_models import ApiKey, ShownKey

keys = App(name="keys", help="The workspace's API keys. Needs a login.")

Read = Annotated[
    list[str] | None, Parameter(name="--read", negative=(), help="A namespace; may be given several times.")
]
Write = Annotated[
    list[str] | None, Parameter(name="--write", negative=(), help="To read and write; may be given several times.")
]
Default = Annotated[str | None, Parameter(name="--default", help="The namespace that it writes to unasked.")]
Save = Annotated[
    bool, Parameter(negative=(), help="Keep it in the profile, as `weft login` does, and do not print it.")
]


@keys.command(name="list")
def list_(*, here: Here) -> None:
    """List keys. Their secrets are not kept anywhere."""
    columns: list[Column[ApiKey]] = [
        Column("id", lambda it: it.key_id),
        Column("begins", lambda it: it.prefix),
        Column("name", lambda it: it.name, is_long=True),
        Column("grants", _grants, is_long=True),
        Column("expires", lambda it: it.expires_at),
    ]
    here.output.rows(here.managing.keys.list(), columns)


@keys.command
def create(
    name: str,
    *,
    read: Read = None,
    write: Write = None,
    default: Default = None,
    expires: datetime | None = None,
    save: Save = False,
    here: Here,
) -> None:
    """Make a key for the workspace; prints it, this once. Without grants it reads and writes the default namespace.

    Parameters
    ----------
    name
        For people.
    expires
        When it ends by itself; never if not given.
    """
    tenant = here.settings.workspace_id
    if tenant is None:
        raise NotConfigured("It is not known for which workspace.", "Give --workspace, or set MEMORIES_WORKSPACE_ID.")
    made = here.managing.keys.create(
        tenant_id=tenant,
        name=name,
        default_namespace_id=_id(here, default),
        scopes=_scopes(here, read, write),
        expires_at=expires and expires.astimezone(),
    )
    _show(here, made, save)


@keys.command
def grant(key: str, *, read: Read = None, write: Write = None, default: Default = None, here: Here) -> None:
    """Say what a key may do. What is given takes the place of all that was.

    Parameters
    ----------
    key
        Its id, its name, or what it begins with.
    """
    changed = here.managing.keys.change_scopes(
        _named(here, key), scopes=_scopes(here, read, write), default_namespace_id=_id(here, default)
    )
    here.output.done(changed, f"'{changed.name}' may now: {_grants(changed)}.", str(changed.key_id))


@keys.command
def rename(key: str, name: str, *, here: Here) -> None:
    """Give a key another name."""
    changed = here.managing.keys.rename(_named(here, key), name)
    here.output.done(changed, f"It is now called {changed.name}.", str(changed.key_id))


@keys.command
def rotate(key: str, *, save: Save = False, yes: Flag = False, here: Here) -> None:
    """Give a key another secret; prints it, this once. The old one is dead at once."""
    wanted = _named(here, key)
    here.confirm(f"Rotate {key}? Whoever uses it stops working.", sure=yes)
    _show(here, here.managing.keys.rotate(wanted), save)


@keys.command
def revoke(key: str, *, yes: Flag = False, here: Here) -> None:
    """End a key, for good."""
    wanted = _named(here, key)
    here.confirm(f"Revoke {key}? Whoever uses it stops working.", sure=yes)
    here.managing.keys.revoke(wanted)
    here.output.done({"key_id": wanted, "revoked": True}, f"Revoked {key}.", str(wanted))


def _show(here: _Here, key: "ShownKey", save: bool) -> None:
    if not save:
        here.output.done(key, f"{key.api_key}   ('{key.name}'; it is not shown again)", key.api_key)
        return
    here.save(replace(here.profile, url=here.settings.url, token=key.api_key, workspace_id=key.workspace_id))
    kept = key.model_dump(mode="json", exclude={"api_key"})
    here.output.done(kept, f"Kept '{key.name}' in profile '{here.profile_name}'.", str(key.key_id))


def _grants(key: "ApiKey") -> str:
    return ", ".join(f"{each.namespace}:{'/'.join(each.permissions)}" for each in key.scopes)


def _named(here: _Here, key: str) -> UUID:
    """Raises NoSuchName, also where two have that name."""
    found = [each.key_id for each in here.managing.keys.list() if key in (str(each.key_id), each.name, each.prefix)]
    if len(found) != 1:
        raise NoSuchName(f"There are {len(found)} keys '{key}'." if found else f"There is no key '{key}'.")
    return found[0]


def _id(here: _Here, namespace: str | None) -> UUID | None:
    return None if namespace is None else named(here, namespace).id


def _scopes(here: _Here, read: list[str] | None, write: list[str] | None) -> dict[UUID, list[Permission]] | None:
    if not read and not write:
        return None
    readable: dict[UUID, list[Permission]] = {named(here, each).id: ["read"] for each in read or ()}
    return readable | {named(here, each).id: ["read", "write"] for each in write or ()}
