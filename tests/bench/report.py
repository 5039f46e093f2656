"""What was measured, as one table for people, JSON for programs, and a block in a page of the documentation."""

import json
import math
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from deploy.local.home import CHECKOUT

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def _machine() -> str:
    """Cores, memory, system, and how busy it was at the start."""
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()) if os.name == "posix" else "?"
    gib = round(psutil.virtual_memory().total / 2**30)
    return f"{psutil.cpu_count()} cores, {gib} GiB, {system.split(' (')[0]}, load {os.getloadavg()[0]:.1f} at the start"


def _commit() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown"


@dataclass(frozen=True, slots=True)
class Target:
    """`figure` must be at least, or with `at_most` at most, `bound`."""

    figure: str
    bound: float
    at_most: bool = False
    unit: str = ""

    def met(self, figures: dict[str, float]) -> bool:
        value = figures.get(self.figure, math.nan)
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self) -> str:
        return f"{self.figure} {'≤' if self.at_most else '≥'} {self.bound:g}{self.unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `shown` is how its figures read; `figures` are for programs, times in ms, rates per second."""

    section: str
    measure: str
    shown: str
    figures: dict[str, float]
    targets: tuple[Target, ...] = ()

    @property
    def met(self) -> bool | None:
        """None where nothing was asked for."""
        return all(target.met(self.figures) for target in self.targets) if self.targets else None

    @property
    def verdict(self) -> str:
        return {None: "", True: "yes", False: "NO"}[self.met]

    @property
    def wanted(self) -> str:
        return ", ".join(map(str, self.targets))


@dataclass(slots=True)
class Report:
    quick: bool
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    machine: str = field(default_factory=_machine)
    commit: str = field(default_factory=_commit)
    when: str = field(default_factory=lambda: date.today().isoformat())

    def add(self, row: Row) -> None:
        """Says it at once, so that a long run can be watched."""
        self.rows.append(row)
        print(f"  {row.measure}: {row.shown}", flush=True)

    def show(self, console: Console) -> None:
        table = Table(title=f"Weft, {self.when}: {self.machine}", title_justify="left")
        table.add_column("measure")
        table.add_column("figures")
        table.add_column("target")
        table.add_column("met")
        section = ""
        for row in self.rows:
            if section and row.section != section:
                table.add_section()
            section = row.section
            colour = {None: None, True: "green", False: "red"}[row.met]
            table.add_row(row.measure, row.shown, row.wanted, row.verdict, style=colour)
        console.print(table)
        for note in (*self.notes, *(f"FAULT: {fault}" for fault in self.faults)):
            console.print(f"- {note}", highlight=False, markup=False)

    def markdown(self) -> str:
        lines = [f"{self.when}, {self.machine}; commit {self.commit}{', --quick' if self.quick else ''}.", ""]
        lines += ["| measure | figures | target | met |", "|---|---|---|---|"]
        lines += [f"| {row.measure} | {row.shown} | {row.wanted} | {row.verdict} |" for row in self.rows]
        lines += ["", *(f"- {note}" for note in (*self.notes, *self.faults))]
        return "\n".join(lines)

    def write_json(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = [{**asdict(row), "met": row.met} for row in self.rows]
        head = {"when": self.when, "machine": self.machine, "commit": self.commit, "quick": self.quick}
        whole: dict[str, Any] = {**head, "rows": rows, "notes": self.notes, "faults": self.faults}
        file.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")

    def write_into(self, page: Path) -> None:
        """Replaces what stands between the two marks. Raises ValueError where they are missing."""
        before, begin, rest = page.read_text().partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise ValueError(f"{page} has no {BEGIN} ... {END}")
        page.write_text(f"{before}{BEGIN}\n{self.markdown()}\n{END}{after}")
