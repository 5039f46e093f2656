"""What a language model is asked about a session or a document, and what of its answer is believed. Pure.

prompts      the one place for what the model is told, and its version
windows      a session in parts that a model can read at once, as quoted data
proposals    from an answer to memories: each rests on something that was said
joining      what several windows have told, as one
budget       what a day may cost, and what a call did

document_prompts, document_findings    the same for a document: what it is told, what is believed
"""

from services.extraction.asking.budget import Budget, Prices, Spent
from services.extraction.asking.document_findings import document_key, material_of, stated
from services.extraction.asking.document_prompts import DOCUMENT_INSTRUCTIONS, DOCUMENT_PROMPT_VERSION, Statements
from services.extraction.asking.joining import joined
from services.extraction.asking.prompts import INSTRUCTIONS, PROMPT_VERSION, Proposals, extractor
from services.extraction.asking.proposals import believed
from services.extraction.asking.windows import Window, key_of, windows_of

__all__ = [
    "DOCUMENT_INSTRUCTIONS",
    "DOCUMENT_PROMPT_VERSION",
    "INSTRUCTIONS",
    "PROMPT_VERSION",
    "Budget",
    "Prices",
    "Proposals",
    "Spent",
    "Statements",
    "Window",
    "believed",
    "document_key",
    "extractor",
    "joined",
    "key_of",
    "material_of",
    "stated",
    "windows_of",
]
