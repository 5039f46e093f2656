"""The commands, by name. Each stands in the module that is named here, and is imported when it is needed."""

from itertools import count

from cyclopts import App, Group

MEMORIES = Group("Memories", sort_key=1)
SESSIONS = Group("Sessions", sort_key=2)
DOCUMENTS = Group("Documents and questions", sort_key=3)
EVENTS = Group("Events", sort_key=4)
MANAGEMENT = Group("Management", sort_key=5)
MOVING = Group("In and out", sort_key=6)
CLIENT = Group("This client", sort_key=7)
EVERYWHERE = Group("Options of every command", sort_key=9)

_COMMANDS = (
    (MEMORIES, "memories", ("store", "get", "list", "search", "update", "delete", "rate")),
    (MEMORIES, "graph", ("related", "explore", "path")),
    (SESSIONS, "sessions", ("sessions", "context")),
    (SESSIONS, "jobs", ("jobs",)),
    (DOCUMENTS, "documents", ("docs", "query")),
    (EVENTS, "events", ("events",)),
    (MANAGEMENT, "namespaces", ("namespaces",)),
    (MANAGEMENT, "keys", ("keys",)),
    (MOVING, "transfer", ("import", "export")),
    (MOVING, "transcripts", ("import-transcript",)),
    (CLIENT, "account", ("login", "logout", "whoami", "status", "doctor", "mcp")),
)


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return version("weft-client")


app = App(
    name="weft",
    help="Weft, a long-term memory for coding agents.",
    version=_version,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
app.register_install_completion_command(
    name="--install-completion", help="Have the shell complete commands.", group=CLIENT
)
app["--help"].group = app["--version"].group = CLIENT


def _register() -> None:
    """Where a name is a word of Python's, its function bears an underscore."""
    order = count()
    for group, module, names in _COMMANDS:
        for name in names:
            function = f"{name}_" if name in ("list", "import") else name.replace("-", "_")
            app.command(f"weft.cli.{module}:{function}", name=name, group=group, sort_key=next(order))


_register()


def describe() -> None:
    """Imports all commands, for the page that lists them with what they do."""
    for name in app:
        app[name]
