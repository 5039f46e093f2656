"""`python -m services.extraction.migrations`: brings the schema to its head."""

from services.extraction.store.unsealed import seal_what_is_there
from services.kit.migrations import main

main("extraction", {"0006_sealing.sql": seal_what_is_there})
