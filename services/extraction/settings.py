"""What the extraction service is told by its environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from services.kit.embedding import EmbeddingSettings
from services.kit.llm.settings import SettingsWithLlm
from services.kit.sealing.masters import SealingSettings


class ExtractionSettings(SettingsWithLlm, SealingSettings):
    """With a language model, that extracts. Without one, and with `embedding` off, cue phrases and shared words alone
    decide about types and about what says the same.
    """

    postgres_dsn: str
    postgres_loops_dsn: str
    model_dir: Path
    embedding: Literal["on", "off"] = "on"
    quota_retry_s: float = 60.0
    """How long a job rests that met the workspace's limit of memories."""
    llm_budget_calls_per_day: int = Field(500, ge=0)
    llm_budget_tokens_per_day: int | None = Field(None, ge=0)
    """Of each workspace and day (UTC), sent and received together."""
    llm_price_input: float | None = Field(None, ge=0)
    llm_price_output: float | None = Field(None, ge=0)
    """Of a million tokens. With both, each call's cost is kept."""
    llm_pause_s: float = Field(10.0, gt=0)
    """How long a job rests that the model did not answer; twice as long the next time, up to an hour."""
    heal_every_s: float = 600.0
    """How often it looks whether there is something of workspaces that are gone."""
    niceness: int = 10
    """How far this process steps back where processors are short (0 to 19): learning must not hold up storing."""

    def of_embedding(self) -> EmbeddingSettings:
        """Always the local model: a session has hundreds of sentences, and they are compared with each other only."""
        return EmbeddingSettings(mode=self.embedding, model_dir=self.model_dir)
