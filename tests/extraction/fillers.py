"""What fills a long session: observations of which nothing is worth keeping."""

import random
from typing import Any

_NAMES = ("Order", "Invoice", "Cart", "Customer", "Shipment", "Refund", "Ledger", "Catalog")
_JAVADOC = "/** We always validate NAME before saving, because the database does not. */"
_TRACE = "\tat com.acme.NAME.save(NAME.java:COUNT)\n\tat java.base/java.lang.Thread.run(Thread.java:833)"
_TEXTS = (
    ("file_read", f"package com.acme;\n\n{_JAVADOC}\npublic class NAME {{\n  private long id;\n}}"),
    ("file_read", "FILE"),
    ("file_edit", "@@ -10,3 +10,4 @@\n-    var x = new NAME();\n+    var x = NAME.create();\n+    // never null"),
    ("file_edit", "FILE"),
    ("command", "$ git status --short\n M FILE\n?? notes.txt"),
    ("command", "$ ls -la src\ntotal COUNT\ndrwxr-xr-x 4 dev dev 4096 Mar  2 09:12 .\n-rw-r--r-- 1 dev 812 NAME.java"),
    ("command", "$ grep -rn NAME src\nFILE:COUNT:    NAME value = find(id);"),
    ("command", f"java.lang.IllegalStateException: NAME must not be null because it is required\n{_TRACE}"),
    ("command", "2026-03-02 09:14:11.221  WARN 1 --- [main] c.acme.NAME : retry COUNT failed because of a timeout"),
    ("tool_use", "Search results for 'NAME best practices': 1. Always use constructor injection instead of fields"),
    ("tool_use", "Glob **/*.java: COUNT files"),
    ("message", "Let me look at NAME next."),
    ("message", "Now I'll check how NAME is used in the tests."),
    ("message", "I see. The class NAME has COUNT lines."),
    ("message", "Running the tests for NAME now."),
    ("message", "OK, that compiles."),
    ("message", "Good, the NAME tests pass. Moving on to the next file."),
    ("message", "Hmm, that did not work. Let me try something else."),
    ("message", "Should I also rename NAME?"),
    ("message", "I've updated FILE."),
    ("message", f'java.lang.NullPointerException: Cannot invoke "NAME.id()"\n{_TRACE}'),
    ("note", "back from lunch"),
    ("note", "COUNT files to go"),
    ("note", "todo: look at NAME"),
)


def fillers(count: int) -> list[dict[str, Any]]:
    """As the golden set writes observations; always the same."""
    chance = random.Random(count)
    made = []
    for number in range(count):
        kind, text = chance.choice(_TEXTS)
        name, lines = chance.choice(_NAMES), str(chance.randrange(2, 900))
        file = f"src/{name.lower()}/{name}{number}.java"
        text = text.replace("FILE", file).replace("NAME", name).replace("COUNT", lines)
        made.append({"kind": kind, "text": text, "files": [file] if "file" in kind else []})
    return made
