"""`python -m services.graph.migrations`: brings the schema to its head."""

from services.kit.migrations import main

main("graph")
