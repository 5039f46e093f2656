"""Text to vectors: one door, behind it a local model or an endpoint somewhere.

A vector is a function of the text and the embedder's `name` alone; whatever changes vectors changes the name. Importing
this costs nothing: the libraries behind it load when an embedder is made.
"""

from services.kit.embedding.door import (
    Embedder,
    EmbeddingFault,
    EmbeddingRefused,
    EmbeddingSettings,
    Vector,
    Vectors,
    document_text,
    make_embedder,
    windows_expected,
)

__all__ = [
    "Embedder",
    "EmbeddingFault",
    "EmbeddingRefused",
    "EmbeddingSettings",
    "Vector",
    "Vectors",
    "document_text",
    "make_embedder",
    "windows_expected",
]
