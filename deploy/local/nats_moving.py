"""Streams from before Weft had an account of its own at its NATS: they are in the server's, and move once.

First the server runs as it did then, and each stream is written to a file; then as it does now, and each is restored,
with its readers and where they were. Interrupted, it goes on: what was there goes only when all of it has moved.
"""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client

from deploy.local.home import Home

TIMEOUT_S = 120
PART_BYTES = 131_072


class NotMoved(Exception):
    """JetStream refused a step; what was there is still there."""


def is_due(home: Home) -> bool:
    return _there(home).exists()


async def save(home: Home, url: str) -> None:
    """`url`: of the operator at the server as it was."""
    shutil.rmtree(_files(home), ignore_errors=True)
    _files(home).mkdir()
    client = await _connect(url)
    try:
        for stream in await client.jetstream().streams_info():
            await _save(client, str(stream.config.name), _files(home))
    finally:
        await client.close()


def put_aside(home: Home) -> None:
    """With the server stopped, once all is saved: as it is now, it complains of streams that it can give nobody."""
    _there(home).rename(_aside(home))


async def restore(home: Home, url: str) -> None:
    """Nothing where nothing was put aside. `url`: of the operator at the server as it is now."""
    if not _aside(home).exists():
        return
    client = await _connect(url)
    try:
        there = {stream.config.name for stream in await client.jetstream().streams_info()}
        for file in sorted(_files(home).glob("*.json")):
            if file.stem not in there:
                await _restore(client, file.stem, json.loads(file.read_text()), file.with_suffix(".snapshot"))
    finally:
        await client.close()
    shutil.rmtree(_files(home))


def _there(home: Home) -> Path:
    return home.nats_data / "jetstream" / "$G"


def _aside(home: Home) -> Path:
    return _files(home) / "before"


def _files(home: Home) -> Path:
    return home.nats_data / "moving"


async def _connect(url: str) -> Client:
    return await nats.connect(url, inbox_prefix="_INBOX_admin", allow_reconnect=False)


async def _save(client: Client, stream: str, folder: Path) -> None:
    inbox = client.new_inbox()
    parts = await client.subscribe(inbox)
    asked = {"deliver_subject": inbox, "chunk_size": PART_BYTES}
    said = await _ask(client, f"$JS.API.STREAM.SNAPSHOT.{stream}", asked)
    with (folder / f"{stream}.snapshot").open("wb") as file:
        while part := (message := await parts.next_msg(TIMEOUT_S)).data:
            file.write(part)
            if message.reply:  # some are to be acknowledged, so that not too many are on their way
                await message.respond(b"")
    (folder / f"{stream}.json").write_text(json.dumps({"config": said["config"], "state": said["state"]}))


async def _restore(client: Client, stream: str, described: object, snapshot: Path) -> None:
    said = await _ask(client, f"$JS.API.STREAM.RESTORE.{stream}", described)
    with snapshot.open("rb") as file:
        while part := await asyncio.to_thread(file.read, PART_BYTES):
            await client.request(said["deliver_subject"], part, timeout=TIMEOUT_S)
    await _ask(client, said["deliver_subject"], None)


async def _ask(client: Client, subject: str, asked: object) -> dict[str, Any]:
    """Raises NotMoved where JetStream refuses."""
    payload = b"" if asked is None else json.dumps(asked).encode()
    said: dict[str, Any] = json.loads((await client.request(subject, payload, timeout=TIMEOUT_S)).data)
    if "error" in said:
        raise NotMoved(f"{subject}: {said['error'].get('description')}")
    return said
