"""Reads deploy/Dockerfile: its stages, each with its instructions."""

import re
import shlex
from dataclasses import dataclass, field

from deploy.helm.generated import DEPLOY

FILE = DEPLOY / "Dockerfile"


@dataclass
class Stage:
    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [text for name, text in self.instructions if name == instruction]

    @property
    def copied(self) -> list[tuple[list[str], str]]:
        """What is copied from the checkout: sources, and where to."""
        found = [shlex.split(text) for text in self.all("COPY")]
        return [(words[:-1], words[-1]) for words in found if not words[0].startswith("--from")]

    @property
    def packages(self) -> list[str]:
        """Those that install.sh is asked for."""
        for command in self.all("RUN"):
            if found := re.search(r"deploy/install\.sh /opt/weft/venv (.+?)(&&|$)", command):
                return found[1].split()
        return []


def arguments() -> dict[str, str]:
    """Those before the first stage, with their defaults."""
    return dict(re.findall(r"^ARG (\w+)=(\S+)$", FILE.read_text(), re.M))


def read_dockerfile() -> list[Stage]:
    text = re.sub(r"^#.*\n", "", FILE.read_text(), flags=re.M).replace("\\\n", " ")
    stages: list[Stage] = []
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        if name == "FROM":
            base, _, called = rest.partition(" AS ")
            stages.append(Stage(called, base))
        elif stages and name:
            stages[-1].instructions.append((name, re.sub(r"\s+", " ", rest.strip())))
    return stages
