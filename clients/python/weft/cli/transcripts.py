"""`weft import-transcript`."""

from pathlib import Path

from weft.cli.here import Here
from weft.cli.options import Flag, WriteNamespace


def import_transcript(
    path: Path,
    *,
    namespace: WriteNamespace = None,
    limit: int | None = None,
    dry_run: Flag = False,
    wait: Flag = False,
    here: Here,
) -> int:
    """Have past sessions of Claude Code learnt from.

    What is there already stays as it is, and of a session that went on since only what is new is added. Ends with 1
    where something could not be imported.

    Parameters
    ----------
    path
        A transcript (*.jsonl), or a folder; every *.jsonl below it is one.
    limit
        Only so many sessions, those that ended last.
    dry_run
        Read and count, and send nothing.
    wait
        Wait until all has been learnt, and show what.
    """
    from weft.cli.transcripts_shown import run_import  # noqa: PLC0415 - the client, which takes a moment

    return run_import(here, path, namespace=namespace, limit=limit, dry_run=dry_run, wait=wait)
