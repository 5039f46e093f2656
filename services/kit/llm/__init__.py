"""The one door to a language model: material and a shape go in, an answer in that shape comes out.

Importing this costs nothing: the client library loads when a model is made. No material, no answer and no key is ever
in the message of an exception.
"""

from services.kit.llm.door import (
    Answer,
    Llm,
    LlmFault,
    LlmMisconfigured,
    LlmRefused,
    LlmSettings,
    Refusal,
    Usage,
    make_llm,
)

__all__ = [
    "Answer",
    "Llm",
    "LlmFault",
    "LlmMisconfigured",
    "LlmRefused",
    "LlmSettings",
    "Refusal",
    "Usage",
    "make_llm",
]
