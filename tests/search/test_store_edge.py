"""What only the in-process doorway must do: own its folder, survive a kill, open and close shards, optimise."""

import asyncio
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.search.store import Embedding, Entry, Filters, Index, Model, Removal, Vectors
from services.search.store.edge import EdgeEngine
from services.search.store.edge_folders import FolderInUse
from services.search.store.edge_shard import GROWN_AT
from services.search.store.edge_terms import GROWN
from tests.search.marking import MARKS

pytestmark = pytest.mark.slow

MODEL = Model("tiny", 4)
NORTH = np.array([[1, 0, 0, 0]], np.float32)

WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from services.search.store import Index
from services.search.store.edge import EdgeEngine
from tests.search.marking import MARKS
from tests.search.test_store_edge import MODEL, entry

async def write() -> None:
    index = Index(EdgeEngine(Path(sys.argv[1])), MODEL, MARKS)
    await index.start()
    for i in itertools.count():
        await index.upsert(f"ws-{i % 3}", [entry(f"{i}")])
        print(i, flush=True)

asyncio.run(write())
"""


def entry(name: str, text: str = "zebra", version: int = 1, vectors: Vectors | None = NORTH) -> Entry:
    return Entry(
        id=uuid.uuid5(uuid.NAMESPACE_OID, name),
        memory_id=f"mem-{name}",
        version=version,
        namespace="default",
        memory_type="decision",
        tags=(),
        files=(),
        importance=0.5,
        confidence=0.8,
        created_at=1_790_000_000.0,
        content_hash=text,
        text=text,
        vectors=vectors,
    )


@asynccontextmanager
async def running(engine: EdgeEngine) -> AsyncIterator[Index]:
    index = Index(engine, MODEL, MARKS)
    await index.start()
    try:
        yield index
    finally:
        await index.close()


async def found(index: Index, workspace: str, text: str = "zebra") -> set[str]:
    answer = await index.candidates(workspace, NORTH[0], text, Filters(), 10_000)
    return {candidate.memory_id for candidate in answer.candidates if candidate.keyword}


def folders(root: Path, workspace: str) -> list[Path]:
    return [path for path in (root / workspace).iterdir() if path.is_dir()]


async def eventually(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - nothing tells when that is
            await asyncio.sleep(0.02)


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    async with running(EdgeEngine(tmp_path)) as index:
        await index.upsert("ws-a", [entry("a"), entry("b")])
        await index.remove("ws-a", [Removal(entry("b").id, "mem-b", 2)])
        digest, profile = await index.digest("ws-a"), await index.profile("ws-a")
    async with running(EdgeEngine(tmp_path)) as index:
        assert await index.workspaces() == ["ws-a"]
        assert await index.digest("ws-a") == digest
        assert await index.profile("ws-a") == profile
        assert await index.upsert("ws-a", [entry("b")]) == []
        assert await found(index, "ws-a") == {"mem-a"}


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout
    for _ in range(150):
        last = int(await writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    last = max([last, *(int(line) for line in (await writer.stdout.read()).split())])
    await writer.wait()
    async with running(EdgeEngine(tmp_path)) as index:
        kept = {it.memory_id for workspace in await index.workspaces() for it in await index.digest(workspace)}
        assert {f"mem-{i}" for i in range(last + 1)} <= kept
        assert "mem-0" in await found(index, "ws-0")


async def test_one_process_owns_the_folder(tmp_path: Path) -> None:
    async with running(EdgeEngine(tmp_path)):
        with pytest.raises(FolderInUse):
            await EdgeEngine(tmp_path).start()
    async with running(EdgeEngine(tmp_path)):
        pass


async def test_shards_beyond_the_maximum_are_closed_least_used_first_and_open_again(tmp_path: Path) -> None:
    engine = EdgeEngine(tmp_path, open_max=3)
    async with running(engine) as index:
        for i in range(10):
            await index.upsert(f"ws-{i}", [entry(str(i))])
            assert engine.open_count() <= 3
        for _ in range(3):
            answers = await asyncio.gather(*(found(index, f"ws-{i}") for i in range(10)))
            assert answers == [{f"mem-{i}"} for i in range(10)]
        await asyncio.gather(*(index.upsert(f"ws-{i}", [entry(f"{i}x")]) for i in range(10)))
        assert [await index.count(f"ws-{i}") for i in range(10)] == [2] * 10
        await eventually(lambda: engine.open_count() <= 3)


async def test_an_idle_shard_is_closed(tmp_path: Path) -> None:
    engine = EdgeEngine(tmp_path, idle_close_s=0.1, sweep_interval_s=0.02)
    async with running(engine) as index:
        await index.upsert("ws-a", [entry("a")])
        await eventually(lambda: engine.open_count() == 0)
        assert await found(index, "ws-a") == {"mem-a"}


async def test_a_shard_in_use_is_not_closed(tmp_path: Path) -> None:
    engine = EdgeEngine(tmp_path, open_max=1, idle_close_s=0.0, sweep_interval_s=0.01)
    async with running(engine) as index:
        await index.upsert("ws-a", [entry("a")])
        async with engine.reading("ws-a") as collection:
            await index.upsert("ws-b", [entry("b")])
            await asyncio.sleep(0.1)
            assert collection
            assert entry("a").id in await collection.retrieve([entry("a").id])


async def test_a_replaced_collection_is_deleted_once_nobody_reads_it(tmp_path: Path) -> None:
    engine = EdgeEngine(tmp_path)
    async with running(engine) as index:
        await index.upsert("ws-a", [entry("a")])
        async with engine.reading("ws-a") as old:
            target = await index.start_rebuild("ws-a")
            await index.upsert("ws-a", [entry("b")], target)
            await index.switch("ws-a", target)
            await asyncio.sleep(0.05)
            assert old
            assert entry("a").id in await old.retrieve([entry("a").id])
            assert len(folders(tmp_path, "ws-a")) == 2
        await eventually(lambda: len(folders(tmp_path, "ws-a")) == 1)
        assert await found(index, "ws-a") == {"mem-b"}


async def test_what_a_crash_left_unfinished_is_cleared_away(tmp_path: Path) -> None:
    async with running(EdgeEngine(tmp_path)) as index:
        await index.upsert("ws-a", [entry("a")])
        await index.start_rebuild("ws-a")
        await index.start_rebuild("ws-never-finished")
    async with running(EdgeEngine(tmp_path)) as index:
        assert len(folders(tmp_path, "ws-a")) == 1
        assert folders(tmp_path, "ws-never-finished") == []
        assert await index.workspaces() == ["ws-a"]
        assert await found(index, "ws-a") == {"mem-a"}


async def test_a_cancelled_write_is_finished_before_the_next_begins(tmp_path: Path) -> None:
    async with running(EdgeEngine(tmp_path)) as index:
        await index.upsert("ws-a", [entry("a")])
        for version in range(2, 40, 2):
            task = asyncio.create_task(index.upsert("ws-a", [entry("a", f"v{version}", version)]))
            await asyncio.sleep(0.0005 * (version % 7))
            task.cancel()
            await index.upsert("ws-a", [entry("a", f"v{version + 1}", version + 1)])
            await asyncio.gather(task, return_exceptions=True)
            assert [it.version for it in await index.digest("ws-a")] == [version + 1]


async def test_a_grown_shard_is_optimised_beside_serving_and_misses_nothing(tmp_path: Path) -> None:
    engine = EdgeEngine(tmp_path, optimise_at=1_000, sweep_interval_s=0.05, flush_interval_s=0.1)
    async with running(engine) as index:
        await index.upsert("ws-a", [entry("0")])
        [before] = folders(tmp_path, "ws-a")  # now: once it has grown, there may be its copy beside it
        await index.upsert("ws-a", [entry(str(i)) for i in range(1, 1_000)])
        for i in range(1_000, 4_000):
            await index.upsert("ws-a", [entry(str(i))])
            await index.upsert("ws-a", [entry(str(i - 1_000), "lion", 2)])
            await index.remove("ws-a", [Removal(entry(str(i - 500)).id, f"mem-{i - 500}", 3)])
            assert len(await found(index, "ws-a")) > 100
            if not before.exists():
                break
        expected = await index.digest("ws-a")
        assert len(expected) == 1_000 - (i - 999) + (i - 999)
        assert await found(index, "ws-a", "lion") == {it.memory_id for it in expected if it.version == 2}
        assert all(it.embedded for it in expected)
        late = entry("late", "giraffe")
        await index.upsert("ws-a", [late])
        assert await index.set_vectors("ws-a", [Embedding(late.id, "giraffe", NORTH)]) == [late.id]
        assert await found(index, "ws-a", "giraffe") == {"mem-late"}
    async with running(EdgeEngine(tmp_path)) as index:
        assert len(await index.digest("ws-a")) == len(expected) + 1


async def test_a_shard_that_has_grown_indexes_its_fields_and_finds_what_it_found_before(tmp_path: Path) -> None:
    kinds = ("decision", "pattern", "incident")
    notes = [  # one fewer than makes it grow
        replace(entry(f"{n}"), memory_type=kinds[n % 3], importance=n % 7 / 7, created_at=1_790_000_000.0 + n % 100)
        for n in range(GROWN_AT - 1)
    ]
    one_more = replace(entry("one more"), namespace="elsewhere")

    async def answers(index: Index) -> list[set[str]]:
        here = Filters(namespaces=("default",))
        wheres = (here, replace(here, memory_types=("pattern",), min_importance=0.3), Filters(namespaces=("other",)))
        listed = [await index.candidates("ws-a", None, "", where, 100) for where in wheres]
        searched = [await index.candidates("ws-a", NORTH[0], "zebra", where, GROWN_AT) for where in wheres]
        return [{it.memory_id for it in found.candidates} for found in (*listed, *searched)]

    async with running(EdgeEngine(tmp_path)) as index:
        await index.upsert("ws-a", notes)
        before = await answers(index)
        await index.upsert("ws-a", notes)  # nothing new
        assert not grown(tmp_path)
        await index.upsert("ws-a", [one_more])
        assert grown(tmp_path)
        assert await answers(index) == before
    async with running(EdgeEngine(tmp_path)) as index:
        assert await answers(index) == before
    (folders(tmp_path, "ws-a")[0] / GROWN).unlink()  # as if it had been killed meanwhile
    async with running(EdgeEngine(tmp_path)) as index:
        assert await answers(index) == before
        assert grown(tmp_path)
    assert [len(found) for found in before] == [100, 95, 0, GROWN_AT - 1, 95, 0]


def grown(folder: Path) -> bool:
    return any(folder.rglob(GROWN))


async def test_windows_that_come_later_take_the_room_that_was_kept_for_them(tmp_path: Path) -> None:
    """Without it they lie elsewhere, an unused slot for each point is left behind, and a search reads at half speed."""
    model, text, windows = Model("wide", 384), "zebra " * 250, 2
    vectors = np.full((windows, 384), 384**-0.5, np.float32)
    notes = [entry(f"{number}", text, vectors=None) for number in range(500)]
    index = Index(EdgeEngine(tmp_path), model, MARKS)
    await index.start()
    await index.upsert("at-once", [replace(note, vectors=vectors) for note in notes])
    await index.upsert("later", notes)
    waiting = await index.candidates("later", vectors[0], "zebra", Filters(), 1)
    assert [it.semantic for it in waiting.candidates] == [None]
    await index.set_vectors("later", [Embedding(note.id, text, vectors) for note in notes])
    done = await index.candidates("later", vectors[0], "", Filters(), 1)
    await index.close()
    assert done.candidates[0].semantic == pytest.approx(1.0, abs=1e-4)
    assert used(tmp_path / "later") <= used(tmp_path / "at-once") + len(notes) * 384 * 4 / 2


def used(folder: Path) -> int:
    """Bytes on the disk, of the vectors alone."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("vector_storage*/**/*") if path.is_file())
