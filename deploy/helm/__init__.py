"""The chart, and what it and compose.yaml have from other files (`python -m deploy.helm` writes that anew)."""
