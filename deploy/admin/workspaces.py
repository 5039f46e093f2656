"""Making a workspace with its first key, giving it an owner, and writing down how to reach it."""

import secrets
import uuid
from pathlib import Path

from contracts import subjects
from contracts.accounts import FirstOwner
from contracts.base import DEFAULT_NAMESPACE, Grants, derived_id, now, workspace_id_from
from contracts.commands import AssignWorkspace, KeyDraft, OpenWorkspace
from deploy.admin.bus import Operator, Refused, body
from deploy.local.home import read_credentials, write_private
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


async def give_owner(operator: Operator, workspace_id: str, email: str) -> str:
    """Gives the workspace's organisation this first owner; returns the password, which exists nowhere else.

    Done again it gives the same owner another password. The organisation is named after the workspace that it begins
    with.
    """
    password = secrets.token_urlsafe(18)
    organisation_id = derived_id("organisation", workspace_id)
    command = AssignWorkspace(
        command_id=uuid.uuid4(),
        attempt=uuid.uuid4(),
        workspace_id=workspace_id,
        actor="operator",
        grants=Grants(read=(), write=(), default=DEFAULT_NAMESPACE),
        issued_at=now(),
        organisation_id=organisation_id,
    )
    answer = await operator.bus.order(subjects.command(command), command, ORDER_TIMEOUT_S)
    if answer is None:
        raise Refused("the memory service has not answered; the workspace may still get its owner")
    body(answer)  # refused where it is another organisation's, before there is an owner of nothing
    owner = FirstOwner.model_validate(
        {"organisation_id": organisation_id, "name": "Weft", "email": email, "password": password}
    )
    await operator.request("memory", "first_owner", owner)
    return password


def write_credentials(file: Path, **values: str) -> None:
    """Adds values to those that the file has: plain NAME=value lines, for its owner's eyes only."""
    lines = (f"{name}={value}\n" for name, value in {**read_credentials(file), **values}.items())
    write_private(file, "".join(lines))
