"""How well real questions find real decision records, with store, ranking and embedding in one process."""

import hashlib
import json
import math
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.kit.embedding import Embedder, EmbeddingSettings, Vectors, document_text, make_embedder
from services.search.ranking import depth, rank
from services.search.store import Entry, Filters, Index, Model, open_indexes
from tests.search.marking import MARKS

WS = "ws-pep000000000"
DATA = Path(os.environ.get("WEFT_EVAL_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
PEP = DATA / "pep"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PEP.is_dir(), reason=f"no evaluation data in {DATA}: set WEFT_EVAL_DATA"),
]


@dataclass(frozen=True)
class Question:
    query: str
    relevant: frozenset[str]


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PEP / name).read_text().splitlines()]


def questions() -> list[Question]:
    return [Question(it["query"], frozenset(it["relevant_ids"])) for it in lines("queries.jsonl")]


async def embedded(embedder: Embedder, text: str, kept_in: Path) -> Vectors:
    """From the cache by content and model; made and kept if it is not there."""
    name = hashlib.sha256(f"{embedder.name}\n{text}".encode()).hexdigest()
    kept = kept_in / f"{name}.npy"
    if kept.exists():
        return np.asarray(np.load(kept), np.float32)
    [vectors] = await embedder.embed_documents([text])
    keep(vectors, kept)
    return vectors


def keep(vectors: Vectors, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.npy")
    np.save(draft, vectors)
    draft.rename(path)


@pytest.fixture(scope="module")
def model_dir() -> Path:
    return Path(os.environ["WEFT_MODEL_DIR"])


@pytest.fixture
async def embedder(model_dir: Path) -> AsyncIterator[Embedder]:
    embedder = make_embedder(EmbeddingSettings(model_dir=model_dir))
    assert embedder
    yield embedder
    await embedder.close()


@pytest.fixture
async def index(embedder: Embedder, model_dir: Path, tmp_path: Path) -> AsyncIterator[Index]:
    index = open_indexes(model=Model(embedder.name, embedder.dimension), folder=tmp_path, marks=MARKS).memories
    await index.start()
    await index.upsert(WS, await entries(embedder, model_dir))
    yield index
    await index.close()


async def entries(embedder: Embedder, model_dir: Path) -> list[Entry]:
    kept_in = model_dir.parent / ".cache" / "vectors"
    return [await entry(memory, embedder, kept_in) for memory in lines("memories.jsonl")]


async def entry(memory: dict[str, Any], embedder: Embedder, kept_in: Path) -> Entry:
    text = document_text(memory["title"], memory["narrative"])
    return Entry(
        id=uuid.uuid5(uuid.NAMESPACE_OID, memory["id"]),
        memory_id=memory["id"],
        version=1,
        namespace="default",
        memory_type="decision",
        tags=(),
        files=(),
        importance=0.5,
        confidence=0.8,
        created_at=0.0,
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
        vectors=await embedded(embedder, text, kept_in),
    )


async def first_ten(index: Index, query: str, embedder: Embedder | None) -> list[str]:
    vector = await embedder.embed_query(query) if embedder else None
    found = await index.candidates(WS, vector, query, Filters(), depth(10, 0))
    ranked = rank(found.candidates, found.best_keyword, keyword_only=embedder is None)
    return [it.memory_id for it in ranked[:10]]


def ndcg(results: list[str], relevant: frozenset[str]) -> float:
    gain = sum(1 / math.log2(place + 2) for place, it in enumerate(results) if it in relevant)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(len(relevant), 10)))


def recall(results: list[str], relevant: frozenset[str]) -> float:
    return len(relevant.intersection(results)) / len(relevant)


async def measure(index: Index, embedder: Embedder | None) -> tuple[float, float]:
    """nDCG@10 and recall@10 over all questions."""
    asked = questions()
    answers = [(await first_ten(index, it.query, embedder), it.relevant) for it in asked]
    gains, recalls = [ndcg(*answer) for answer in answers], [recall(*answer) for answer in answers]
    print(f"\npep, {len(asked)} questions: nDCG@10 {np.mean(gains):.4f}, recall@10 {np.mean(recalls):.4f}")
    return float(np.mean(gains)), float(np.mean(recalls))


async def test_questions_find_their_records_as_the_model_and_the_words_agree(index: Index, embedder: Embedder) -> None:
    quality, found = await measure(index, embedder)
    assert quality >= 0.68
    assert found >= 0.84


async def test_a_rebuild_with_the_average_length_of_the_data_is_as_good(
    index: Index, embedder: Embedder, model_dir: Path
) -> None:
    target = await index.start_rebuild(WS)
    await index.upsert(WS, await entries(embedder, model_dir), target)
    await index.switch(WS, target)
    profile = await index.profile(WS)
    assert profile
    assert 40 <= profile.avg_len <= 60
    quality, found = await measure(index, embedder)
    assert quality >= 0.68
    assert found >= 0.84


async def test_words_alone_find_most_of_them(index: Index) -> None:
    quality, found = await measure(index, None)
    assert quality >= 0.58
    assert found >= 0.72
