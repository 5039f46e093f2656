"""`python -m services.memory.migrations`: brings the schema to its head."""

from services.kit.migrations import main

main("memory")
