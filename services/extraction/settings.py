"""What the extraction service is told by its environment."""

from pathlib import Path
from typing import Literal

from services.kit.embedding import EmbeddingSettings
from services.kit.settings import ServiceSettings


class ExtractionSettings(ServiceSettings):
    """With `embedding` off, cue phrases and shared words alone decide about types and about what says the same."""

    postgres_dsn: str
    postgres_loops_dsn: str
    model_dir: Path
    embedding: Literal["on", "off"] = "on"
    quota_retry_s: float = 60.0
    """How long a job rests that met the workspace's limit of memories."""
    niceness: int = 10
    """How far this process steps back where processors are short (0 to 19): learning must not hold up storing."""

    def of_embedding(self) -> EmbeddingSettings:
        """Always the local model: a session has hundreds of sentences, and they are compared with each other only."""
        return EmbeddingSettings(mode=self.embedding, model_dir=self.model_dir)
