"""Namespaces on the command line; for who is logged in."""

from typing import TYPE_CHECKING

from cyclopts import App

from weft.cli.faults import NoSuchName
from weft.cli.here import Here, _Here
from weft.cli.output import Column

if TYPE_CHECKING:
    from weft.management_models import Namespace
    from weft.words import NamespaceStatus

namespaces = App(name="namespaces", help="The workspace's namespaces. Needs a login.")


@namespaces.command(name="list")
def list_(*, here: Here) -> None:
    """List namespaces, archived ones too."""
    columns: list[Column[Namespace]] = [
        Column("namespace", lambda it: it.key),
        Column("status", lambda it: it.status),
        Column("default", lambda it: "*" if it.is_default else ""),
        Column("id", lambda it: it.id),
        Column("name", lambda it: it.name, is_long=True),
    ]
    here.output.rows(here.managing.namespaces.list(), columns)


@namespaces.command
def create(key: str, *, name: str | None = None, here: Here) -> None:
    """Create a namespace; prints its id. No key reads or writes it before it is granted: see `weft keys grant`.

    Parameters
    ----------
    key
        What requests call it.
    name
        For people.
    """
    made = here.managing.namespaces.create(key, name=name)
    here.output.done(made, f"Created namespace '{made.key}'.", str(made.id))


@namespaces.command
def rename(key: str, name: str, *, here: Here) -> None:
    """Give a namespace another name for people; what requests call it stays."""
    changed = here.managing.namespaces.change(named(here, key).id, name=name)
    here.output.done(changed, f"Namespace '{changed.key}' is now called {changed.name}.", str(changed.id))


@namespaces.command
def archive(key: str, *, here: Here) -> None:
    """Hide a namespace: what is in it is kept, and found by nobody."""
    _switch(here, key, "archived")


@namespaces.command
def restore(key: str, *, here: Here) -> None:
    """Bring an archived namespace back."""
    _switch(here, key, "active")


def named(here: _Here, key: str) -> "Namespace":
    """Raises NoSuchName."""
    for each in here.managing.namespaces.list():
        if key in (each.key, str(each.id)):
            return each
    raise NoSuchName(f"There is no namespace '{key}'.")


def _switch(here: _Here, key: str, status: "NamespaceStatus") -> None:
    changed = here.managing.namespaces.change(named(here, key).id, status=status)
    here.output.done(changed, f"Namespace '{changed.key}' is {changed.status}.", str(changed.id))
