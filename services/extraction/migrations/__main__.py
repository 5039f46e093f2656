"""`python -m services.extraction.migrations`: brings the schema to its head."""

from services.kit.migrations import main

main("extraction")
