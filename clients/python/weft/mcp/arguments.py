"""What tools are told, with the limits that a model should know before it tries.

Text that need not be there is "" where it is not, also where a client says null, and a list is empty. Declared as
`str | None` it would be damaged: the library reads what looks like JSON in any parameter that may be something else
than a string, and a memory that says `null` or `[1]` would be none.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from weft.words import MemoryType, RelationshipType

DEFAULT_TOKENS = 2_000


def _text(given: Any) -> Any:
    return "" if given is None else given


def _several(given: Any) -> Any:
    return () if given is None else given


NoText = BeforeValidator(_text)
NoneOfThem = BeforeValidator(_several)

Title = Annotated[str, Field(description="One line that says what it is about; at most 500 characters.")]
Content = Annotated[
    str,
    Field(
        description="The knowledge itself: what, why and where, in words that can be understood without this session."
    ),
]
Type = Annotated[
    MemoryType,
    Field(
        description="decision: a choice and its reasons. pattern: how we do X. convention: always or never do X. "
        "architecture: how the system is built. discovery: a gotcha, an insight. incident: a bug's cause and its fix. "
        "general: none of these. wiki, sdlc_knowledge: reference written by hand."
    ),
]
Types = Annotated[tuple[MemoryType, ...], NoneOfThem, Field(description="Only these types; empty: all.")]
OneType = Annotated[MemoryType | None, Field(description="Only this type.")]
Tags = Annotated[tuple[str, ...], NoneOfThem, Field(description="Keywords to filter by, such as `area:billing`.")]
Concepts = Annotated[
    tuple[str, ...], NoneOfThem, Field(description="What it is about in the abstract; joins it to others.")
]
Files = Annotated[
    tuple[str, ...],
    NoneOfThem,
    Field(description="Paths that it is about, relative to the project: memory_by_file finds it by them."),
]
Strings = Annotated[tuple[str, ...], NoneOfThem]
NewStrings = Annotated[tuple[str, ...] | None, Field(description="Replaces the whole list; absent: it stays.")]
Importance = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        strict=True,
        description="0 to 1. 1.0 pins it: given to every session, so only for what must never be missed.",
    ),
]
Confidence = Annotated[float, Field(ge=0, le=1, strict=True, description="How sure it is, 0 to 1.")]
NewNumber = Annotated[float | None, Field(ge=0, le=1, strict=True, description="0 to 1; absent: it stays.")]
NewText = Annotated[str, NoText, Field(description="Replaces it; empty: it stays.")]
Query = Annotated[str, Field(description="A question, a phrase, or words.")]
MaybeText = Annotated[str, NoText]
Namespace = Annotated[str, NoText, Field(description="Where to put it; empty: the default.")]
Namespaces = Annotated[
    tuple[str, ...], NoneOfThem, Field(description='Only these namespaces; empty or ["*"]: all that the key may read.')
]
MemoryId = Annotated[str, Field(pattern=r"^mem-[a-z0-9]{1,64}$", description="Such as mem-4k8z0c1v7t2q9x5b.")]
SessionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$", description="What session_start answered.")]
EdgeTypes = Annotated[
    tuple[RelationshipType, ...], NoneOfThem, Field(description="Only along edges of these types; empty: all.")
]
Offset = Annotated[int, Field(ge=0, le=10_000, description="Results to skip; `more` says how many.")]
Tokens = Annotated[
    int,
    Field(
        ge=200, le=50_000, description="Size of the answer in tokens, at most; what does not fit is counted, not lost."
    ),
]
