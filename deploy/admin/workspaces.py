"""Making a workspace with its first key, and writing down how to reach it."""

import os
import uuid
from pathlib import Path

from contracts import subjects
from contracts.base import DEFAULT_NAMESPACE, Grants, now, workspace_id_from
from contracts.commands import KeyDraft, OpenWorkspace
from deploy.admin.bus import Operator, Refused, body
from services.kit.keys import hash_key, make_key

ORDER_TIMEOUT_S = 30.0


async def open_workspace(operator: Operator, pepper: str, name: str) -> tuple[str, str]:
    """Makes a workspace; returns its id and its key, which exists nowhere else from then on."""
    key, own = make_key(), (DEFAULT_NAMESPACE,)
    command = OpenWorkspace(
        command_id=uuid.uuid4(),
        attempt=uuid.uuid4(),
        workspace_id=workspace_id_from(uuid.uuid4()),
        actor="operator",
        grants=Grants(read=own, write=own, default=DEFAULT_NAMESPACE),
        issued_at=now(),
        name=name,
        key=KeyDraft(
            key_id=uuid.uuid4(),
            public_id=key.public_id,
            secret_hash=hash_key(pepper, key.text),
            name=f"{name}: first key",
            grants=Grants(read=own, write=own, default=DEFAULT_NAMESPACE),
        ),
    )
    answer = await operator.bus.order(subjects.command(command), command, ORDER_TIMEOUT_S)
    if answer is None:
        raise Refused("the memory service has not answered; the workspace may still be made")
    body(answer)
    return command.workspace_id, key.text


def write_credentials(file: Path, url: str, workspace_id: str, key: str) -> None:
    """Plain NAME=value lines, for the owner's eyes only; the file appears whole or not at all."""
    text = f"MEMORIES_API_URL={url}\nMEMORIES_API_TOKEN={key}\nMEMORIES_WORKSPACE_ID={workspace_id}\n"
    unfinished = file.with_suffix(".new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    unfinished.rename(file)
