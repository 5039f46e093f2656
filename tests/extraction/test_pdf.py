"""PDFs as text, in a process that dies alone."""

import pytest

from services.extraction.documents.cutting import cut
from services.extraction.documents.decoding import Unreadable
from services.extraction.documents.pdf import source_of_pages
from services.extraction.loops.pdf import read_pdf
from tests.extraction.pdfs import a_pdf, a_slow_pdf

pytestmark = pytest.mark.slow

SOUND = a_pdf(
    "Preface\nThis is the first page.\nUsage\nRun it.",
    "Reference\nNothing else.",
    outline=[("Preface", 1, 0), ("Usage", 2, 0), ("Reference", 1, 1)],
)


async def test_a_pdf_has_pages_and_the_sections_of_its_outline() -> None:
    source = source_of_pages(await read_pdf(SOUND))
    assert [source.text.startswith(it.title, it.start) for it in source.headings] == [True] * 3
    made = cut(source)
    assert [(it.title, it.parent) for it in made.sections] == [("Preface", None), ("Usage", 0), ("Reference", None)]
    assert made.slices[0][0].page == 1
    long = source_of_pages(await read_pdf(a_pdf(*(f"Page {it}\n" + "It goes on. " * 80 for it in range(1, 4)))))
    assert [it.page for piece in cut(long).slices for it in piece] == [1, 2, 3]


async def test_what_only_its_owner_may_change_can_be_read() -> None:
    assert (await read_pdf(a_pdf("Readable", password=""))).texts == ["Readable"]


async def test_pages_without_text_are_empty() -> None:
    assert cut(source_of_pages(await read_pdf(a_pdf("", "")))).chunks == 0


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (a_pdf("Secret", password="password"), "encrypted"),
        (SOUND[: len(SOUND) // 2], "broken_pdf"),
        (b"%PDF-1.7\nnothing", "broken_pdf"),
        (b"no PDF", "broken_pdf"),
    ],
)
async def test_what_can_not_be_read_says_why(content: bytes, error: str) -> None:
    with pytest.raises(Unreadable) as refused:
        await read_pdf(content)
    assert refused.value.error == error


async def test_what_takes_too_long_or_too_much_memory_ends_its_process_alone() -> None:
    with pytest.raises(Unreadable, match="more time"):
        await read_pdf(a_slow_pdf(), cpu_s=1)
    with pytest.raises(Unreadable):
        await read_pdf(SOUND, memory_bytes=40_000_000)
