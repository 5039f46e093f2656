"""Text that anybody may have written, for a language model to read as data. Pure.

Every line of it begins with "|", and it can't begin one that does not: what ends a line, or can't be seen, does not get
through.
"""


def visible(text: str) -> str:
    """A space for each line end, control character, NUL, lone surrogate, and mark that hides text or turns it round."""
    return "".join(character if character.isprintable() else " " for character in text)


def one_line(text: str) -> str:
    return " ".join(visible(text).split())


def quoted(text: str) -> str:
    """Its lines, each behind "|"."""
    return "\n".join(f"| {visible(line)}".rstrip() for line in text.splitlines())


def beginning(text: str, chars_max: int) -> str:
    """Its beginning, ended at a word where there is one near; " …" says that there was more."""
    if len(text) <= chars_max:
        return text
    head = text[: chars_max - 2]
    if not head[-1].isspace() and not text[len(head)].isspace():
        words = head.rsplit(maxsplit=1)
        head = words[0] if len(words) == 2 and len(words[0]) > chars_max // 2 else head
    return f"{head.rstrip()} …"
