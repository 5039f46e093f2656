"""Keyed hashes: what is compared in the tables without being readable there. Pure."""

import hmac
from collections.abc import Iterable

WORDS_BITS = 512
"""Of the words of a narrative, together. Of 60 words one in nine bits is set: of a title with four words that are not
in it, one in 5,000 seems to be.
"""


class Keyed:
    """Numbers in place of texts (HMAC-SHA-256, the first 64 bits, signed): equal for equal texts of one workspace, and
    meaningless to whoever has not its key. What stands for a text for one purpose stands for none for another.
    """

    def __init__(self, secret: str):
        self._title, self._head, self._content, self._word, self._feature = (
            hmac.new(secret.encode(), f"{purpose}\0".encode(), "sha256")
            for purpose in ("title", "head", "content", "word", "feature")
        )

    def title(self, title: str) -> int:
        return _number(self._title, title)

    def head(self, head: str) -> int:
        """Of relations.title_head."""
        return _number(self._head, head)

    def content(self, content_hash: str) -> int:
        return _number(self._content, content_hash)

    def feature(self, kind: int, name: str) -> int:
        return _number(self._feature, f"{kind}\0{name}")

    def words(self, words: Iterable[str]) -> str:
        """A bit for each word, as `bit(512)` is written in hexadecimal. A text that has all the words of another has
        all its bits.
        """
        bits = 0
        for word in words:
            bits |= 1 << (_number(self._word, word) % WORDS_BITS)
        return f"x{bits:0{WORDS_BITS // 4}x}"


def _number(purpose: "hmac.HMAC", text: str) -> int:
    mac = purpose.copy()
    mac.update(text.encode())
    return int.from_bytes(mac.digest()[:8], "big", signed=True)
