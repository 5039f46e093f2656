"""The embedders: the local model against itself in full precision, the remote one against a real HTTP server."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.kit.embedding import (
    Embedder,
    EmbeddingFault,
    EmbeddingRefused,
    EmbeddingSettings,
    document_text,
    make_embedder,
)
from services.kit.embedding.door import WINDOW_CHARS
from services.kit.embedding.local import LocalEmbedder
from services.kit.embedding.remote import RemoteEmbedder, windows

pytestmark = pytest.mark.slow

TEXTS = [
    "Use connection pooling for all database connections",
    "We chose tabs over spaces.",
    "x",
    "Ärger mit Umlauten, 漢字 and émojis 🙂",
    document_text("Retry with jitter", "Exponential backoff without jitter made every worker return at once. " * 8),
    "Guidelines for language evolution: how to change what older programs rely on, and whom to ask first.",
]


@pytest.fixture(scope="module")
def model_dir() -> Path:
    return Path(os.environ["WEFT_MODEL_DIR"])


@pytest.fixture
async def local(model_dir: Path) -> AsyncIterator[Embedder]:
    embedder = make_embedder(EmbeddingSettings(model_dir=model_dir))
    assert embedder
    yield embedder
    await embedder.close()


# ---- which one


def test_embedding_can_be_switched_off() -> None:
    assert make_embedder(EmbeddingSettings(mode="off", base_url="http://127.0.0.1:1")) is None


def test_an_endpoint_needs_its_model_and_dimension() -> None:
    with pytest.raises(ValueError, match="dimension"):
        make_embedder(EmbeddingSettings(base_url="http://127.0.0.1:1", model="m"))


async def test_the_door_loads_no_library_that_only_an_embedder_needs() -> None:
    heavy = "{'onnxruntime', 'openai', 'tokenizers'}"
    code = f"import sys, services.kit.embedding; sys.exit(bool({heavy} & set(sys.modules)))"
    python = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await python.wait() == 0


# ---- the local model


async def test_vectors_have_length_1_and_the_model_s_dimension(local: Embedder) -> None:
    for vectors in await local.embed_documents(TEXTS):
        assert vectors.shape == (1, local.dimension)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors) == pytest.approx(1.0, abs=1e-5)


async def test_int8_stays_close_to_full_precision(local: Embedder, model_dir: Path) -> None:
    exact = LocalEmbedder(model_dir, quantised=False)
    for ours, theirs in zip(await local.embed_documents(TEXTS), await exact.embed_documents(TEXTS), strict=True):
        assert float((ours * theirs).sum()) > 0.97
    await exact.close()


async def test_full_precision_gives_the_published_model_s_vectors(model_dir: Path) -> None:
    """The similarities of the model card's example sentences, as sentence-transformers prints them."""
    exact = LocalEmbedder(model_dir, quantised=False)
    sentences = ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    source, *others = [vectors[0] for vectors in await exact.embed_documents(sentences)]
    assert [float(source @ other) for other in others] == pytest.approx([0.695, 0.943, 0.257], abs=0.001)
    await exact.close()


async def test_a_vector_is_a_function_of_the_text_alone(local: Embedder) -> None:
    alone = [(await local.embed_documents([text]))[0] for text in TEXTS]
    together = await local.embed_documents(TEXTS[::-1])
    for one, other in zip(alone, together[::-1], strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(await local.embed_query(TEXTS[0]), alone[0][0])


async def test_what_means_the_same_is_nearer_than_what_does_not(local: Embedder) -> None:
    query = await local.embed_query("how do we reuse db connections?")
    scores = [float(vectors[0] @ query) for vectors in await local.embed_documents(TEXTS)]
    assert int(np.argmax(scores)) == 0


async def test_a_long_text_has_a_window_for_each_256_tokens_16_at_most(local: Embedder) -> None:
    [two, capped, same] = await local.embed_documents(["word " * 300, "word " * 60_000, "word " * 70_000])
    assert (len(two), len(capped), len(same)) == (2, 16, 16)
    assert np.array_equal(capped, same)
    assert np.array_equal(await local.embed_query("word " * 300), two[0])


async def test_an_empty_text_has_a_vector_too(local: Embedder) -> None:
    [vectors] = await local.embed_documents([""])
    assert np.isfinite(vectors).all()


async def test_a_query_does_not_wait_behind_documents(local: Embedder) -> None:
    await local.embed_query("warm")
    documents = asyncio.create_task(local.embed_documents(["word " * 5_000] * 20))
    await asyncio.sleep(0.05)
    started = time.perf_counter()
    for i in range(5):
        await local.embed_query(f"query {i}")
    assert time.perf_counter() - started < 1.0
    assert not documents.done()
    documents.cancel()


def thread_niceness() -> list[int]:
    return [os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in Path("/proc/self/task").iterdir()]


@pytest.mark.skipif(sys.platform != "linux", reason="a thread's niceness is its own only on Linux")
async def test_documents_are_embedded_at_low_priority_and_queries_are_not(local: Embedder) -> None:
    await asyncio.gather(local.embed_query("start the lane"), local.embed_documents(["start the lane"]))
    usual, niceness = os.getpriority(os.PRIO_PROCESS, os.getpid()), thread_niceness()
    assert niceness.count(usual) >= 2
    assert set(niceness) == {usual, 15}


def state(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


@pytest.mark.slow
async def test_the_model_is_written_once_and_whole(tmp_path: Path) -> None:
    first, second = await asyncio.gather(*(asyncio.to_thread(LocalEmbedder, tmp_path) for _ in range(2)))
    before = state(tmp_path)
    third = LocalEmbedder(tmp_path)
    assert len(before) == 1
    assert state(tmp_path) == before
    one, two = await first.embed_query("the same"), await third.embed_query("the same")
    assert np.array_equal(one, two)
    for embedder in (first, second, third):
        await embedder.close()


# ---- any endpoint

Answer = Callable[[list[str]], tuple[int, Any]]


class Endpoint:
    """A small HTTP server that answers as it is told: one answer for each request, the last one from then on."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.heard: list[list[str]] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def stop(self) -> None:
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length:")[2].split()[0])
        texts = json.loads(await reader.readexactly(size))["input"]
        self.heard.append(texts)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, body = answer(texts)
        if status == 0:  # say nothing
            await asyncio.sleep(30)
        payload = json.dumps(body).encode()
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n".encode())
        writer.write(f"content-length: {len(payload)}\r\n\r\n".encode() + payload)
        await writer.drain()
        writer.close()


def vectors_of(texts: list[str], size: int = 3) -> tuple[int, Any]:
    """Recognisable by the text's length, unordered, and not of length 1."""
    items = [{"index": i, "embedding": [len(text), 1, *[0] * (size - 2)]} for i, text in enumerate(texts)]
    return 200, {"object": "list", "model": "m", "data": items[::-1], "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def status(code: int) -> Answer:
    return lambda _: (code, {"error": {"message": "no"}})


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    yield endpoint
    await endpoint.stop()


async def remote(endpoint: Endpoint, **settings: Any) -> RemoteEmbedder:
    base_url = await endpoint.start()
    given: dict[str, Any] = {"retries_max": 2, "timeout_s": 1.0, "query_timeout_s": 0.3} | settings
    return RemoteEmbedder(EmbeddingSettings(base_url=base_url, model="m", dimension=3, **given))


async def test_windows_are_batched_and_come_back_in_order_with_length_1(endpoint: Endpoint) -> None:
    endpoint.answers = [vectors_of]
    embedder = await remote(endpoint, batch_windows_max=4)
    texts = ["a", "bb " * 1_000, "ccc", "d" * 2_500, "e"]
    embedded = await embedder.embed_documents(texts)
    assert [len(vectors) for vectors in embedded] == [len(windows(text)) for text in texts]
    assert [len(batch) for batch in endpoint.heard] == [4, 4, 2]
    for text, vectors in zip(texts, embedded, strict=True):
        for window, vector in zip(windows(text), vectors, strict=True):
            assert vector[0] / vector[1] == pytest.approx(len(window))
            assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert await embedder.embed_documents([]) == []


@pytest.mark.parametrize("passing", [408, 409, 429, 500, 503])
async def test_what_may_pass_is_tried_again(endpoint: Endpoint, passing: int) -> None:
    endpoint.answers = [status(passing), vectors_of]
    [vectors] = await (await remote(endpoint)).embed_documents(["abc"])
    assert vectors.shape == (1, 3)
    assert len(endpoint.heard) == 2


@pytest.mark.parametrize("passing", [408, 409, 429, 500])
async def test_what_does_not_pass_soon_is_a_fault(endpoint: Endpoint, passing: int) -> None:
    endpoint.answers = [status(passing)]
    with pytest.raises(EmbeddingFault):
        await (await remote(endpoint)).embed_documents(["abc"])
    assert len(endpoint.heard) == 3


@pytest.mark.parametrize("mendable", [401, 403, 404])
async def test_a_wrong_key_or_model_is_a_fault_and_not_the_texts(endpoint: Endpoint, mendable: int) -> None:
    endpoint.answers = [status(mendable)]
    with pytest.raises(EmbeddingFault, match=str(mendable)):
        await (await remote(endpoint)).embed_documents(["abc"])
    assert len(endpoint.heard) == 1


@pytest.mark.parametrize("final", [400, 413, 422])
async def test_a_text_that_is_not_taken_is_refused_at_once(endpoint: Endpoint, final: int) -> None:
    endpoint.answers = [status(final)]
    with pytest.raises(EmbeddingRefused, match=str(final)):
        await (await remote(endpoint)).embed_documents(["abc"])
    assert len(endpoint.heard) == 1


async def test_another_dimension_is_said_with_both_numbers(endpoint: Endpoint) -> None:
    endpoint.answers = [lambda texts: vectors_of(texts, 5)]
    with pytest.raises(EmbeddingFault, match=r"vectors of 5, WEFT_EMBEDDING_DIMENSION is 3"):
        await (await remote(endpoint)).embed_query("abc")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda texts: vectors_of(texts[1:]),
        lambda texts: (200, {"data": [{"index": 0, "embedding": [0, 0, 0]}]}),
        lambda texts: (200, {"data": [{"index": 0, "embedding": [float("nan"), 0, 1]}]}),
        lambda texts: (200, {}),
        lambda texts: (200, "nonsense"),
        lambda texts: (200, {"data": [{"index": 0, "embedding": None}]}),
    ],
)
async def test_an_answer_that_makes_no_sense_is_a_fault(endpoint: Endpoint, wrong: Answer) -> None:
    endpoint.answers = [wrong]
    with pytest.raises(EmbeddingFault):
        await (await remote(endpoint)).embed_query("abc")


async def test_a_query_gives_up_soon_on_an_endpoint_that_hangs(endpoint: Endpoint) -> None:
    endpoint.answers = [lambda _: (0, None)]
    embedder = await remote(endpoint)
    started = time.perf_counter()
    with pytest.raises(EmbeddingFault):
        await embedder.embed_query("abc")
    assert time.perf_counter() - started < 5.0


async def test_an_endpoint_that_is_not_there_is_a_fault() -> None:
    settings = EmbeddingSettings(base_url="http://127.0.0.1:9/v1", model="m", dimension=3, retries_max=1)
    with pytest.raises(EmbeddingFault):
        await RemoteEmbedder(settings).embed_documents(["abc"])


async def test_the_refusal_does_not_repeat_the_text_or_the_key(endpoint: Endpoint) -> None:
    endpoint.answers = [lambda texts: (400, {"error": {"message": f"bad input {texts}"}})]
    embedder = await remote(endpoint, api_key="sk-very-secret")
    with pytest.raises(EmbeddingRefused) as refused:
        await embedder.embed_documents(["my private text"])
    assert "private" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", " \n ", "short", "word " * 5_000, "x" * 50_000, "a\n\n" + "b " * 700 + "ü" * 1_500]
)
def test_windows_are_short_whole_and_few(text: str) -> None:
    cut = windows(text)
    assert 1 <= len(cut) <= 16
    assert all(0 < len(window) <= WINDOW_CHARS for window in cut)
    whole = "".join("".join(cut).split())
    assert "".join(text.split()).startswith(whole)
    if len(cut) < 16:
        assert "".join(text.split()) == whole
