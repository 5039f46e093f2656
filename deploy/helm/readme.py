"""The chart's README: its values as a table, from values.yaml and the comments there."""

import re
from pathlib import Path

import yaml

DEPTH_MAX = 3
HEAD = """# Helm chart of Weft

How to install, secrets, upgrades and backups: [docs/kubernetes.md](../../../docs/kubernetes.md). This table is written
from `values.yaml` (`make chart`); `values.schema.json` refuses what is not in it. What is set for a service stands over
`defaults`.

| value | default | |
|---|---|---|
"""


def readme(values: Path) -> str:
    """A row for each value down to three levels; the comment above a key, or above what it is in, says what it is."""
    comments = comments_of(values.read_text())
    rows = [
        f"| `{'.'.join(path)}` | {_shown(value)} | {comments.get(path, '')} |"
        for path, value in _leaves((), yaml.safe_load(values.read_text()))
        if value is not None or comments.get(path)
    ]
    return HEAD + "\n".join(rows) + "\n"


def comments_of(text: str) -> dict[tuple[str, ...], str]:
    """By the path of a key, the lines of comment right above it."""
    found: dict[tuple[str, ...], str] = {}
    path: list[str] = []
    said: list[str] = []
    for line in text.splitlines():
        if comment := re.fullmatch(r" *# ?(.*)", line):
            said.append(comment[1])
        elif key := re.match(r"^( *)([\w$.-]+):", line):
            path[len(key[1]) // 2 :] = [key[2]]
            found[tuple(path)] = " ".join(said).replace("|", "\\|").replace("<", "&lt;")
            said = []
        else:
            said = []
    return found


def _leaves(path: tuple[str, ...], value: object) -> list[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict) and value and len(path) < DEPTH_MAX:
        inner = [leaf for key, each in value.items() for leaf in _leaves((*path, str(key)), each)]
        return [(path, None), *inner] if path else inner
    return [(path, value)]


def _shown(value: object) -> str:
    """As YAML on one line; nothing for what is only the head of what follows."""
    if value is None:
        return ""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False).removesuffix("...\n").strip()
    return f"`{text.replace('|', chr(92) + '|')}`"
