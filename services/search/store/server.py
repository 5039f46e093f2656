"""A Qdrant server: a collection for each workspace, known by an alias that is switched when the collection is replaced.

Several processes may share the server. What one of them must not overwrite is guarded by conditions that the server
checks; this process's locks only save it from disturbing itself.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from services.kit.errors import Unavailable
from services.search.store import server_terms as terms
from services.search.store.engine import FLOAT_FIELDS, KEYWORD_FIELDS, Collection, NotBuilt
from services.search.store.server_collection import ServerCollection
from services.search.store.shapes import Profile

PREFIX = "weft-"
TIMEOUT_S = 10
CONFLICT = 409
"""Another process has made it in this moment."""
NOT_NOW = frozenset({408, 429, 502, 503, 504})
"""Not 500, which may be about what was asked: that is parked in the end, and does not hold up what comes after it."""
NAMES_KEPT_S = 5.0  # so long may another process's switch go unnoticed; requests follow the alias all the same


def connect(url: str, api_key: str | None) -> AsyncQdrantClient:
    """Its requests raise Unavailable where the server can't be reached, or says that it can't answer at present; what
    it refuses for good is the library's UnexpectedResponse.
    """
    client = AsyncQdrantClient(url=url, api_key=api_key, timeout=TIMEOUT_S, check_compatibility=False)
    client.http.client.add_middleware(_say_when_away)
    return client


async def _say_when_away(request: Any, send: Callable[[Any], Awaitable[Any]]) -> Any:
    """Around each request of the client; both are httpx's."""
    try:
        answer = await send(request)
    except ResponseHandlingException as fault:
        raise Unavailable(f"Qdrant: {type(fault.source).__name__}") from fault
    if answer.status_code in NOT_NOW:
        raise Unavailable(f"Qdrant answers {answer.status_code}")
    return answer


class ServerEngine:
    """Raises what the client raises."""

    def __init__(self, client: AsyncQdrantClient) -> None:
        self._client = client
        self._names: dict[str, str] = {}
        self._names_until = 0.0
        self._profiles: dict[str, Profile] = {}
        self._targets: dict[str, str] = {}
        self._pens: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def start(self) -> None:
        await self._learn_names()

    async def close(self) -> None:
        await self._client.close()

    async def workspaces(self) -> list[str]:
        await self._learn_names()
        return sorted(self._names)

    async def size(self, workspace: str) -> int | None:
        """The server does not say."""
        return None

    # ---- leases

    @asynccontextmanager
    async def reading(self, workspace: str) -> AsyncIterator[Collection | None]:
        yield await self._live(workspace)

    @asynccontextmanager
    async def writing(self, workspace: str, target: str | None, first: Profile) -> AsyncIterator[list[Collection]]:
        async with self._pen(workspace):
            building = self._targets.get(workspace)
            if target is not None and target != building:
                raise NotBuilt(target)
            targets = [await self._collection(building, building)] if building else []
            if target is not None:
                yield list(targets)
            else:
                yield [await self._live(workspace) or await self._first(workspace, first), *targets]

    async def _live(self, workspace: str) -> ServerCollection | None:
        if workspace not in self._names or time.monotonic() > self._names_until:
            await self._learn_names()
        name = self._names.get(workspace)
        return await self._collection(_alias(workspace), name) if name else None

    async def _first(self, workspace: str, profile: Profile) -> ServerCollection:
        """The name is the same for every process, so two that come at once make one collection."""
        name = f"{_alias(workspace)}-g{profile.generation}"
        if not await self._client.collection_exists(name):
            try:
                await self._make(name, profile)
            except UnexpectedResponse as refused:
                if refused.status_code != CONFLICT:
                    raise
        await self._name_live(workspace, name)
        return await self._collection(_alias(workspace), name)

    async def _collection(self, address: str, name: str) -> ServerCollection:
        if name not in self._profiles:
            said = (await self._client.get_collection(name)).config.metadata
            self._profiles[name] = terms.profile(said or {})
        return ServerCollection(self._client, address, self._profiles[name])

    async def _learn_names(self) -> None:
        aliases = (await self._client.get_aliases()).aliases
        ours = {it.alias_name: it.collection_name for it in aliases if it.alias_name.startswith(PREFIX)}
        self._names = {alias.removeprefix(PREFIX): name for alias, name in ours.items()}
        self._names_until = time.monotonic() + NAMES_KEPT_S

    def _pen(self, workspace: str) -> asyncio.Lock:
        return self._pens.setdefault(workspace, asyncio.Lock())

    # ---- rebuilding

    async def create(self, workspace: str, profile: Profile) -> str:
        async with self._pen(workspace):
            self._targets.pop(workspace, None)
            live = await self._live(workspace)
            await self._delete_all(workspace, but=self._names[workspace] if live else None)
            name = f"{_alias(workspace)}-g{profile.generation}-{uuid.uuid4().hex[:6]}"
            await self._make(name, profile)
            self._targets[workspace] = name
        return name

    async def switch(self, workspace: str, target: str) -> None:
        async with self._pen(workspace):
            if self._targets.get(workspace) != target:
                raise NotBuilt(target)
            await self._name_live(workspace, target)
            del self._targets[workspace]
            await self._delete_all(workspace, but=target)

    async def drop(self, workspace: str) -> None:
        async with self._pen(workspace):
            if await self._live(workspace):
                gone = models.DeleteAlias(alias_name=_alias(workspace))
                await self._client.update_collection_aliases([models.DeleteAliasOperation(delete_alias=gone)])
            self._names.pop(workspace, None)
            self._targets.pop(workspace, None)
            await self._delete_all(workspace, but=None)

    async def _make(self, name: str, profile: Profile) -> None:
        await self._client.create_collection(
            name,
            vectors_config=terms.vectors_config(profile),
            sparse_vectors_config=terms.sparse_config(),
            metadata=terms.metadata(profile),
        )
        for field in KEYWORD_FIELDS:
            await self._client.create_payload_index(name, field, models.PayloadSchemaType.KEYWORD)
        for field in FLOAT_FIELDS:
            await self._client.create_payload_index(name, field, models.PayloadSchemaType.FLOAT)

    async def _name_live(self, workspace: str, name: str) -> None:
        """One list of actions is one step."""
        alias = _alias(workspace)
        steps: list[models.AliasOperations] = []
        if await self._live(workspace):
            steps.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias)))
        create = models.CreateAlias(collection_name=name, alias_name=alias)
        steps.append(models.CreateAliasOperation(create_alias=create))
        await self._client.update_collection_aliases(steps)
        self._names[workspace] = name

    async def _delete_all(self, workspace: str, but: str | None) -> None:
        """Collections of the workspace: replaced, or left by a rebuild that was never finished."""
        for it in (await self._client.get_collections()).collections:
            if it.name.startswith(f"{_alias(workspace)}-g") and it.name != but:
                await self._client.delete_collection(it.name)
                self._profiles.pop(it.name, None)


def _alias(workspace: str) -> str:
    return PREFIX + workspace
