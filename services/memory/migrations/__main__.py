"""`python -m services.memory.migrations`: brings the schema to its head."""

from services.kit.migrations import main
from services.memory.store.unsealed import seal_what_is_there

main("memory", {"0011_sealing.sql": seal_what_is_there})
