"""What the chart and compose.yaml have from other files, since neither Helm nor NATS reads TOML."""

import json
from pathlib import Path

from deploy.helm.readme import readme
from deploy.nats.container import container_config, password_variable
from deploy.nats.server import accounts, load_permissions

DEPLOY = Path(__file__).parents[1]
CHART = DEPLOY / "helm" / "weft"
BY = "by `python -m deploy.helm` from deploy/nats"


def generated() -> dict[Path, str]:
    """The text of each such file."""
    passwords = {user: f"<< ${password_variable(user)} >>" for user in load_permissions()}  # as the NATS chart has it
    return {
        CHART / "templates" / "_nats_accounts.tpl": (
            f"{{{{/* Written {BY}/permissions.toml. Called in the NATS chart's context. */}}}}\n"
            f'{{{{- define "weft.natsAccounts" -}}}}\n{json.dumps(accounts(passwords, {}), indent=2)}\n{{{{- end }}}}\n'
        ),
        CHART / "README.md": readme(CHART / "values.yaml"),
        DEPLOY / "nats" / "container.conf": f"# Written {BY}: for a server in a container.\n{container_config()}",
    }


def outdated() -> list[Path]:
    """Those whose files say something else, or are missing."""
    return [file for file, text in generated().items() if not file.exists() or file.read_text() != text]
