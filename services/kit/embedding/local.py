"""The local model, in two lanes: queries are answered at once, documents when nothing else wants the processor."""

import asyncio
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from services.kit import telemetry
from services.kit.embedding import minilm
from services.kit.embedding.door import WINDOWS_MAX, Vector, Vectors

WINDOW_TOKENS_MAX = 256
CACHED_QUERIES_MAX = 1_024
NICENESS = 15


class LocalEmbedder:
    """One text at a time, a thread for each lane; a document holds its own lane only."""

    name = minilm.NAME
    dimension = minilm.DIMENSION

    def __init__(self, model_dir: Path, *, quantised: bool = True) -> None:
        self._session = _session(minilm.write_model(model_dir, quantised=quantised))
        self._tokenizer = _tokenizer(minilm.data_folder() / "tokenizer.json")
        self._queries = ThreadPoolExecutor(1, "embed-query")
        self._documents = ThreadPoolExecutor(1, "embed-document", initializer=_be_nice)
        self._cache: OrderedDict[str, Vector] = OrderedDict()

    async def embed_query(self, text: str) -> Vector:
        telemetry.CACHED.add(1, {"cache": "queries", "outcome": "hit" if text in self._cache else "miss"})
        if text in self._cache:
            self._cache.move_to_end(text)
            return self._cache[text]
        loop = asyncio.get_running_loop()
        with telemetry.stage("embed_query"):
            windows = await loop.run_in_executor(self._queries, self._embed, text, 1)
        vector: Vector = windows[0]
        self._cache[text] = vector
        if len(self._cache) > CACHED_QUERIES_MAX:
            self._cache.popitem(last=False)
        return vector

    async def embed_documents(self, texts: Sequence[str]) -> list[Vectors]:
        loop = asyncio.get_running_loop()
        with telemetry.stage("embed_documents"):
            return [await loop.run_in_executor(self._documents, self._embed, text, WINDOWS_MAX) for text in texts]

    async def close(self) -> None:
        for lane in (self._queries, self._documents):
            lane.shutdown(wait=True, cancel_futures=True)

    def _embed(self, text: str, windows_max: int) -> Vectors:
        first = self._tokenizer.encode(text)
        windows = [first.ids, *(window.ids for window in first.overflowing[: windows_max - 1])]
        return np.concatenate([self._run(tokens) for tokens in windows[:windows_max]])

    def _run(self, tokens: list[int]) -> Vectors:
        [vector] = self._session.run(["vector"], {"tokens": np.array([tokens], np.int64)})
        return np.asarray(vector, np.float32)


def _session(path: Path) -> onnxruntime.InferenceSession:
    """Both lanes share it: it may be run at once, and runs in the thread that calls it, with that thread's niceness."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _tokenizer(path: Path) -> Tokenizer:
    """Cuts into windows of 256 tokens, [CLS] and [SEP] included; the later ones are in `overflowing`."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(WINDOW_TOKENS_MAX)
    tokenizer.no_padding()
    return tokenizer


def _be_nice() -> None:
    """This thread only. Elsewhere than on Linux a niceness belongs to the whole process, so nothing is done there."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
