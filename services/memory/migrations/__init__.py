"""The schema's history: numbered SQL files, run once each, in order, by the owner of the schema.

`python -m services.memory.migrations` brings the schema to its head (WEFT_POSTGRES_OWNER_DSN). The service itself has
no right to change it, and refuses to start on another one.
"""

from services.memory.migrations.run import HEAD, refuse_unless_at_head

__all__ = ["HEAD", "refuse_unless_at_head"]
