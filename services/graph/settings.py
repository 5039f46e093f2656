"""What the graph service is told by its environment."""

from pydantic import Field, SecretStr

from services.kit.llm import LlmSettings
from services.kit.settings import ServiceSettings


class GraphSettings(ServiceSettings):
    """Times in seconds. Without a model (`llm_model`, and `llm_api_key` or `llm_base_url`) nothing is judged."""

    postgres_dsn: str
    postgres_loops_dsn: str
    analyse_quiet_s: float = 1.0
    """An analysis waits until nothing has changed for so long ..."""
    analyse_wait_max_s: float = 30.0
    """... but no longer than this."""
    heal_every_s: float = 600.0
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_model: str | None = None
    llm_judgements_per_day: int = Field(200, ge=0)
    """So many pairs of memories at most, in each workspace and day (UTC); 0 switches it off."""
    niceness: int = 10
    """How far this process steps back where processors are short (0 to 19): finding edges must not hold up storing."""

    def of_llm(self) -> LlmSettings:
        return LlmSettings(
            base_url=self.llm_base_url,
            api_key=self.llm_api_key.get_secret_value() if self.llm_api_key else None,
            model=self.llm_model,
        )
