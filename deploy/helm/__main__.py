"""`python -m deploy.helm`: writes what the chart and compose.yaml have from other files; `--check` only compares."""

import sys

from deploy.helm.generated import generated, outdated

if sys.argv[1:] == ["--check"]:
    if old := outdated():
        sys.exit(f"out of date, run `make chart`: {', '.join(file.name for file in old)}")
else:
    for file, text in generated().items():
        file.write_text(text)
