"""BM25 vectors, by the same code in front of either engine, so that they are equal."""

from functools import lru_cache

from qdrant_edge import Bm25, Bm25Config

from services.search.store.engine import WordVector

# With b = 0 and k this large, BM25's weight of a word is how often it occurs, to one part in a million.
_COUNTING = Bm25Config(k=1e6, b=0.0)


@lru_cache(maxsize=64)
def _model(avg_len: float) -> Bm25:
    return Bm25(Bm25Config(avg_len=avg_len))


@lru_cache(maxsize=1)
def _counter() -> Bm25:
    return Bm25(_COUNTING)


def of_document(text: str, avg_len: float) -> WordVector:
    vector = _model(avg_len).embed_document(text)
    return WordVector(list(vector.indices), list(vector.values))


def of_query(text: str, avg_len: float) -> WordVector:
    """Every word once, stemmed, without stop words; empty if nothing is left."""
    vector = _model(avg_len).embed_query(text)
    return WordVector(list(vector.indices), list(vector.values))


def length(text: str) -> int:
    """The number of words left after stop words: what BM25 calls the document's length."""
    return round(sum(_counter().embed_document(text).values))
