"""File paths in texts and observations, as the project sees them."""

import re
from collections.abc import Iterable

FILES_MAX = 32
"""Of a memory; the contract allows 256, but a memory about 32 files is about none of them."""
LENGTH_MAX = 1_024

_PATH = re.compile(
    r"(?<![\w/.:@-])(?:[A-Za-z]:)?(?:\.{0,2}[/\\])?(?:[\w.@+\[\]()-]{1,80}[/\\]){0,24}"
    r"[\w@+\[\]()-][\w.@+\[\]()-]{0,120}\.(?P<ending>[A-Za-z][A-Za-z0-9]{0,5})(?!\w|[/\\(]\w|:[A-Za-z_])"
)
_KNOWN_ENDINGS = """
bash bat bib c cc cfg clj cmake conf cpp cs css csv cts cu cxx dart ex exs fs gd go gql graphql h hcl hpp hs htm html
hxx ini ipynb java jl js json jsonl jsx kt kts ld less lock lua m md mdx mjs ml mm mts nix php pl plist po proto ps1 py
pyi r rb rs rst s sass scala scss sh sol sql styl svelte swift tex tf tfvars toml ts tsx txt vue xml yaml yml zig
"""
_ENDINGS = frozenset(_KNOWN_ENDINGS.split())
_PRODUCTS = frozenset(
    {"node.js", "next.js", "vue.js", "three.js", "d3.js", "nuxt.js", "express.js", "react.js", "asp.net"}
)


def paths_in(text: str) -> list[str]:
    """Paths with a known ending, in their order; `Node.js` is none."""
    found = []
    for match in _PATH.finditer(text):
        path = match[0].rstrip(".,")
        if match["ending"].lower() in _ENDINGS and path.lower() not in _PRODUCTS:
            found.append(path)
    return list(dict.fromkeys(found))


def relative(path: str, project_path: str) -> str:
    """`path` as it is within the project, with forward slashes; outside of it, as it is."""
    plain, root = path.strip().replace("\\", "/"), project_path.replace("\\", "/").rstrip("/")
    plain = plain.removeprefix("file://")
    if root and plain.startswith(f"{root}/"):
        plain = plain[len(root) + 1 :]
    return plain.removeprefix("./")


def gathered(paths: Iterable[str], project_path: str) -> tuple[str, ...]:
    """Each once, at most FILES_MAX; a bare name goes where a longer path ends in it."""
    known = dict.fromkeys(relative(path, project_path) for path in paths)
    whole = [path for path in known if path.strip() and len(path) <= LENGTH_MAX and "\0" not in path]
    return tuple(it for it in whole if not any(other.endswith(f"/{it}") for other in whole))[:FILES_MAX]
