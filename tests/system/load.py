"""A load of stores that keeps its word: every store has an Idempotency-Key and is repeated until it is answered 201."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from uuid import uuid4

import httpx2

from tests.stack import Workspace

RETRY_PAUSE_S = 0.1
REQUEST_TIMEOUT_S = 8.0


@dataclass
class Load:
    """Runs until `stop`. `acknowledged` holds key -> memory_id of every 201; `others` counts all other outcomes."""

    workspace: Workspace
    clients: int = 8
    acknowledged: dict[str, str] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)
    _stopping: bool = False
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._client()) for _ in range(self.clients)]

    async def stop(self) -> None:
        """Lets every store that was begun come to its end."""
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def _client(self) -> None:
        async with httpx2.AsyncClient(base_url=self.workspace.url, timeout=REQUEST_TIMEOUT_S) as http:
            while not self._stopping:
                await self._store(http, f"load-{uuid4()}")

    async def _store(self, http: httpx2.AsyncClient, key: str) -> None:
        body = {"title": f"Memory {key}", "narrative": f"What {key} taught us. It is kept.", "tags": ["load"]}
        headers = {**self.workspace.headers, "Idempotency-Key": key}
        while True:
            try:
                answer = await http.post("/api/v1/memories/store", json=body, headers=headers)
            except httpx2.TransportError as fault:
                self.others[type(fault).__name__] += 1
            else:
                if answer.status_code == 201:
                    self.acknowledged[key] = answer.json()["memory_id"]
                    return
                self.others[str(answer.status_code)] += 1
                assert answer.status_code in (202, 409, 503), answer.text
            await asyncio.sleep(RETRY_PAUSE_S)
