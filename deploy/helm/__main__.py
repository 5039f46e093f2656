"""`python -m deploy.helm`: writes what the chart and compose.yaml have from other files."""

from deploy.helm.generated import generated

for file, text in generated().items():
    file.write_text(text)
