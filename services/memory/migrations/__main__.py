"""`python -m services.memory.migrations`: brings the schema to its head."""

import os
import sys

from services.memory.migrations.run import migrate

sys.stdout.write(f"schema memory: {migrate(os.environ['WEFT_POSTGRES_OWNER_DSN'])} migrations run\n")
