"""Small PDFs: sound ones, and such as are made to do harm."""

from collections.abc import Sequence
from io import BytesIO

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, IndirectObject, NameObject, StreamObject

FONT = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}


def a_pdf(*pages: str, outline: Sequence[tuple[str, int, int]] = (), password: str | None = None) -> bytes:
    """A page for each text; `outline` has a title, a level from 1 and a page from 0 each. `password` may be empty."""
    writer = PdfWriter()
    for text in pages:
        lines = "".join(f"({line}) Tj T*\n" for line in text.split("\n"))
        _page(writer, _stream(writer, lines.encode("latin-1")))
    above = list[IndirectObject]()
    for title, level, page in outline:
        above = above[: level - 1]
        above.append(writer.add_outline_item(title=title, page_number=page, parent=above[-1] if above else None))
    if password is not None:
        writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    return _written(writer)


def a_slow_pdf() -> bytes:
    """50 KB that take a minute to read: many pages with the same long contents."""
    writer = PdfWriter()
    contents = _stream(writer, b"() Tj T*\n" * 20_000)
    for _ in range(400):
        _page(writer, contents)
    return _written(writer)


def _page(writer: PdfWriter, contents: IndirectObject) -> None:
    page = writer.add_blank_page(595, 842)
    font = DictionaryObject({NameObject(name): NameObject(value) for name, value in FONT.items()})
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = contents


def _stream(writer: PdfWriter, shown: bytes) -> IndirectObject:
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 12 Tf 14 TL 50 800 Td\n" + shown + b"ET")
    packed: StreamObject = stream.flate_encode()
    return writer._add_object(packed)


def _written(writer: PdfWriter) -> bytes:
    written = BytesIO()
    writer.write(written)
    return written.getvalue()
