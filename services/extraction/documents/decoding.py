"""From bytes to text, and what is said of those that are none."""

import codecs

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unreadable(Exception):
    """This document can't be read, however often it is tried. `error` is the class of failure, the message says to a
    person what is wrong.
    """

    def __init__(self, error: str, reason: str):
        super().__init__(reason)
        self.error = error


def text_of(content: bytes) -> str:
    """The text as it was written, line ends and all, without a byte order mark. UTF-8, or UTF-16 that says so itself.

    Raises Unreadable: `not_utf8`, `not_text`.
    """
    name, encoding = ("UTF-16", "utf-16") if content.startswith(_UTF_16) else ("UTF-8", "utf-8-sig")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as fault:
        reason = f"The document is not {name} text: the bytes at {fault.start} can't be read."
        raise Unreadable("not_utf8", reason) from None
    if (at := text.find("\0")) >= 0:
        raise Unreadable("not_text", f"The document is not text: there is a NUL at character {at}.")
    return text
