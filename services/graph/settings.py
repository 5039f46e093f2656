"""What the graph service is told by its environment."""

from pydantic import Field

from services.kit.llm.settings import SettingsWithLlm
from services.kit.sealing.masters import SealingSettings


class GraphSettings(SettingsWithLlm, SealingSettings):
    """Times in seconds. Without a model nothing is judged."""

    postgres_dsn: str
    postgres_loops_dsn: str
    analyse_quiet_s: float = 1.0
    """An analysis waits until nothing has changed for so long ..."""
    analyse_wait_max_s: float = 30.0
    """... but no longer than this."""
    heal_every_s: float = 600.0
    llm_judgements_per_day: int = Field(200, ge=0)
    """So many pairs of memories at most, in each workspace and day (UTC); 0 switches it off."""
    niceness: int = 10
    """How far this process steps back where processors are short (0 to 19): finding edges must not hold up storing."""
