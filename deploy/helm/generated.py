"""What the chart and compose.yaml have from other files, since neither Helm nor NATS reads TOML."""

import json
from pathlib import Path

from deploy.nats.server import container_config, load_permissions

DEPLOY = Path(__file__).parents[1]
CHART = DEPLOY / "helm" / "weft"
BY = "by `python -m deploy.helm` from deploy/nats"


def generated() -> dict[Path, str]:
    """The text of each such file."""
    permissions = {user: allowed.model_dump() for user, allowed in load_permissions().items()}
    return {
        CHART / "templates" / "_nats_permissions.tpl": (
            f"{{{{/* Written {BY}/permissions.toml. */}}}}\n"
            f'{{{{- define "weft.natsPermissions" -}}}}\n{json.dumps(permissions, indent=2)}\n{{{{- end }}}}\n'
        ),
        DEPLOY / "nats" / "container.conf": f"# Written {BY}: for a server in a container.\n{container_config()}",
    }


def outdated() -> list[Path]:
    """Those whose files say something else, or are missing."""
    return [file for file, text in generated().items() if not file.exists() or file.read_text() != text]
