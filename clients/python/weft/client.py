"""Weft and AsyncWeft: the same operations, blocking and awaitable."""

from typing import Any, Self, Unpack

import httpx2

from weft.calls import Call, E, at, model, operation
from weft.documents import Documents, Questions
from weft.events.log import Events
from weft.executors import AsyncExecutor, SyncExecutor
from weft.graph import Graph, Relationships
from weft.management import Keys, Namespaces, Portal
from weft.memories import Memories
from weft.models import CommandState, Workspace
from weft.sessions import Jobs, Sessions
from weft.settings import Options, Settings, changed
from weft.transfer import Transfer


class _Client(Questions[E], Transfer[E]):
    """Everything that a key, or a login, gives access to."""

    def __init__(self, executor: E) -> None:
        super().__init__(executor)
        self.memories: Memories[E] = Memories(executor)
        self.graph: Graph[E] = Graph(executor)
        self.relationships: Relationships[E] = Relationships(executor)
        self.sessions: Sessions[E] = Sessions(executor)
        self.jobs: Jobs[E] = Jobs(executor)
        self.documents: Documents[E] = Documents(executor)
        self.events: Events[E] = Events(executor)
        self.portal: Portal[E] = Portal(executor)
        self.namespaces: Namespaces[E] = Namespaces(executor)
        self.keys: Keys[E] = Keys(executor)

    @property
    def settings(self) -> Settings:
        return self._executor.settings

    @operation
    def workspace(self) -> Call[Workspace]:
        """The key's workspace."""
        return Call("GET", "/api/v1/workspace", model(Workspace))

    @operation
    def command(self, command_id: str) -> Call[CommandState]:
        """What became of a write that was not decided in time (NotDecided)."""
        return Call("GET", at("/api/v1/commands", command_id), model(CommandState))

    @operation
    def ready(self) -> Call[dict[str, Any]]:
        """Raises Unavailable where a part is missing."""
        return Call("GET", "/readyz", dict, face="open")


class Weft(_Client[SyncExecutor]):
    """Blocking. Each operation raises what weft.errors has; see Settings for what can be set.

    >>> with Weft() as weft:
    ...     weft.memories.store("Money is counted in cents", "Floats lost a cent in every thousandth sum.")
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        workspace_id: str | None = None,
        *,
        settings: Settings | None = None,
    ) -> None:
        """What is not given comes from the environment: MEMORIES_API_URL, MEMORIES_API_TOKEN, MEMORIES_WORKSPACE_ID."""
        super().__init__(SyncExecutor(settings or Settings.find(url, token, workspace_id)))

    def with_options(self, **changes: Unpack[Options]) -> "Weft":
        """A client with other Settings over the same connections."""
        other = object.__new__(Weft)
        _Client.__init__(other, self._executor.with_settings(changed(self.settings, changes)))
        return other

    def close(self) -> None:
        self._executor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncWeft(_Client[AsyncExecutor]):
    """Awaitable. Each operation raises what weft.errors has; see Settings for what can be set.

    >>> async with AsyncWeft() as weft:
    ...     await weft.memories.store("Money is counted in cents", "Floats lost a cent in every thousandth sum.")
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        workspace_id: str | None = None,
        *,
        settings: Settings | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        """What is not given comes from the environment: MEMORIES_API_URL, MEMORIES_API_TOKEN, MEMORIES_WORKSPACE_ID.

        `http`: what carries the requests, for who has a transport of his own; its `base_url` is where they go.
        """
        super().__init__(AsyncExecutor(settings or Settings.find(url, token, workspace_id), http))

    def with_options(self, **changes: Unpack[Options]) -> "AsyncWeft":
        """A client with other Settings over the same connections."""
        other = object.__new__(AsyncWeft)
        _Client.__init__(other, self._executor.with_settings(changed(self.settings, changes)))
        return other

    async def close(self) -> None:
        await self._executor.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
