"""What the graph service is told by its environment."""

from services.kit.settings import ServiceSettings


class GraphSettings(ServiceSettings):
    """Times in seconds. Without an LLM (`llm_model` or `llm_api_key`) no pair is judged."""

    postgres_dsn: str
    postgres_loops_dsn: str
    analyse_quiet_s: float = 1.0
    """An analysis waits until nothing has changed for so long ..."""
    analyse_wait_max_s: float = 30.0
    """... but no longer than this."""
    heal_every_s: float = 600.0
    niceness: int = 10
    """How far this process steps back where processors are short (0 to 19): finding edges must not hold up storing."""
