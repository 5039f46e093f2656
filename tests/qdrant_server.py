"""A stand-in for a Qdrant server: the part of its REST API that the search service uses, over real HTTP, answered by
the client library's own local mode. `python -m tests.qdrant_server PORT`.

It shows that requests and answers are what the library writes and reads, and that several processes can share what is
behind them. It is no Qdrant: what only the real engine does (its guards under load, its speed, its disk) is not shown.
"""

import sys
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from qdrant_client import AsyncQdrantClient, models

app = FastAPI()
local = AsyncQdrantClient(":memory:")
ONE = "/collections/{name}"


def _said(result: Any) -> JSONResponse:
    return JSONResponse({"time": 0.0, "status": "ok", "result": _plain(result)})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    return [_plain(each) for each in value] if isinstance(value, list) else value


UPDATED = {"operation_id": 0, "status": "completed"}


@app.middleware("http")
async def refuse(request: Request, answer: Callable[[Request], Awaitable[Any]]) -> Any:
    """What the local mode raises, as the server says it."""
    try:
        return await answer(request)
    except ValueError as why:
        status = 404 if "not found" in str(why) else 409 if "already exists" in str(why) else 400
        return JSONResponse({"time": 0.0, "status": {"error": str(why)}}, status)


# ---- collections and their names


@app.get("/collections")
async def collections() -> JSONResponse:
    return _said(await local.get_collections())


@app.get("/aliases")
async def aliases() -> JSONResponse:
    return _said(await local.get_aliases())


@app.post("/collections/aliases")
async def change_aliases(asked: models.ChangeAliasesOperation) -> JSONResponse:
    return _said(await local.update_collection_aliases(asked.actions))


@app.get(ONE)
async def collection(name: str) -> JSONResponse:
    return _said(await local.get_collection(name))


@app.get(f"{ONE}/exists")
async def exists(name: str) -> JSONResponse:
    return _said({"exists": await local.collection_exists(name)})


@app.put(ONE)
async def create(name: str, asked: models.CreateCollection) -> JSONResponse:
    return _said(
        await local.create_collection(
            name,
            vectors_config=asked.vectors,
            sparse_vectors_config=asked.sparse_vectors,
            metadata=asked.metadata,
        )
    )


@app.delete(ONE)
async def delete(name: str) -> JSONResponse:
    return _said(await local.delete_collection(name))


@app.put(f"{ONE}/index")
async def index_field(name: str) -> JSONResponse:
    return _said(UPDATED)  # it is about speed alone


# ---- points: reading


@app.post(f"{ONE}/points")
async def retrieve(name: str, asked: models.PointRequest) -> JSONResponse:
    shown: Any = asked.with_payload
    return _said(await local.retrieve(name, asked.ids, with_payload=shown, with_vectors=asked.with_vector or False))


@app.post(f"{ONE}/points/query/batch")
async def query(name: str, asked: models.QueryRequestBatch) -> JSONResponse:
    return _said(await local.query_batch_points(name, asked.searches))


@app.post(f"{ONE}/points/scroll")
async def scroll(name: str, asked: models.ScrollRequest) -> JSONResponse:
    shown: Any = asked.with_payload
    points, following = await local.scroll(
        name, asked.filter, limit=asked.limit or 10, order_by=asked.order_by, offset=asked.offset, with_payload=shown
    )
    return _said({"points": _plain(points), "next_page_offset": following})


@app.post(f"{ONE}/points/count")
async def count(name: str, asked: models.CountRequest) -> JSONResponse:
    return _said(await local.count(name, asked.filter, exact=True))


# ---- points: writing


@app.put(f"{ONE}/points")
async def upsert(name: str, asked: models.PointsList) -> JSONResponse:
    await local.upsert(name, asked.points, update_filter=asked.update_filter)
    return _said(UPDATED)


@app.post(f"{ONE}/points/batch")
async def batch(name: str, asked: models.UpdateOperations) -> JSONResponse:
    await local.batch_update_points(name, asked.operations)
    return _said([UPDATED] * len(asked.operations))


@app.post(f"{ONE}/points/payload")
async def set_payload(name: str, asked: models.SetPayload) -> JSONResponse:
    which: Any = asked.points or asked.filter
    await local.set_payload(name, asked.payload, which)
    return _said(UPDATED)


@app.post(f"{ONE}/points/delete")
async def delete_points(name: str, asked: models.PointIdsList) -> JSONResponse:
    await local.delete(name, asked)
    return _said(UPDATED)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="Payload indexes have no effect")
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
