"""A process as it was recorded: the number alone is not enough, since numbers are used again."""

import os
import signal
import time
from dataclasses import dataclass

import psutil

START_TIME_TOLERANCE_S = (
    2.0  # the start time is computed from the boot time, which moves a little when the clock is set
)


@dataclass(frozen=True)
class Recorded:
    pid: int
    created: float  # seconds since the epoch

    @classmethod
    def of(cls, pid: int) -> "Recorded | None":
        """None if it is already gone."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def process(self) -> psutil.Process | None:
        """The very process that was recorded, if it still runs."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < START_TIME_TOLERANCE_S
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def is_running(self) -> bool:
        return self.process() is not None

    def send(self, what: signal.Signals) -> None:
        if self.process() is not None:
            try:
                os.kill(self.pid, what)
            except ProcessLookupError:
                return

    def wait_gone(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def stop(self, politely: signal.Signals, timeout_s: float) -> None:
        """Asks, waits, and in the end kills, with the process group that it leads."""
        self.send(politely)
        if self.wait_gone(timeout_s) or not self.is_running():
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self.send(signal.SIGKILL)
        self.wait_gone(5)


def memory_bytes(process: psutil.Process) -> int:
    """Of the process and its descendants; pages that they share count once where the system can tell."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    for member in family:
        try:
            total += getattr(member.memory_full_info(), "pss", 0) or member.memory_info().rss
        except psutil.Error:
            continue
    return total
