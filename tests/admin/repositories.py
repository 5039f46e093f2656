"""Git repositories for tests: small, and as odd as git allows."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

AUTHOR = "Ada Lovelace"
WHEN = "2026-03-20T09:00:00+00:00"

_WHO = {
    "GIT_AUTHOR_NAME": AUTHOR,
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": WHEN,
    "GIT_COMMITTER_NAME": AUTHOR,
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": WHEN,
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}


@dataclass(frozen=True)
class GitFolder:
    path: Path

    @classmethod
    def create(cls, path: Path) -> "GitFolder":
        path.mkdir()
        made = cls(path)
        made.git("init", "-q", "-b", "main")
        return made

    def git(self, *arguments: str, given: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=_WHO, input=given, capture_output=True, check=True
        )
        return done.stdout.decode(errors="replace").strip()

    def commit(self, message: str | bytes, files: dict[str, str]) -> None:
        """`files`: name to content. The message goes in as it is."""
        for name, content in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        self.git("add", "--all")
        given = message if isinstance(message, bytes) else message.encode()
        options = ["--allow-empty", "--allow-empty-message", "--cleanup=verbatim"]
        self.git("commit", "-q", *options, "-F", "-", given=given)

    def commit_object(self, message: str) -> None:
        """A commit that git itself would not write, on top of the last one."""
        tree, parent = self.git("rev-parse", "HEAD^{tree}"), self.git("rev-parse", "HEAD")
        who = f"{AUTHOR} <ada@example.org> 1774000800 +0000"
        text = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\n{message}\n"
        made = self.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", given=text.encode())
        self.git("reset", "-q", "--hard", made)
