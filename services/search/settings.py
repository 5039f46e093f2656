"""What the search service is told by its environment."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from services.kit.embedding import EmbeddingSettings
from services.kit.settings import ServiceSettings


class SearchSettings(ServiceSettings):
    """Without `qdrant_url` the index is in `search_dir`, without `embedding_base_url` the model is the local one."""

    index_key: Annotated[SecretStr, Field(min_length=32)]
    """With which tags and files are made into marks. With another one, all of the index is made anew."""
    search_dir: Path
    model_dir: Path
    qdrant_url: str | None = None
    qdrant_api_key: str | None = None
    embedding: Literal["on", "off"] = "on"
    embedding_base_url: str | None = None
    embedding_api_key: str | None = None
    embedding_model: str | None = None
    embedding_dimension: int | None = None
    heal_every_s: float = 600.0
    niceness: int = 10
    """How far this process steps back where processors are short (0 to 19): indexing must not hold up storing."""

    def of_embedding(self) -> EmbeddingSettings:
        return EmbeddingSettings(
            mode=self.embedding,
            model_dir=self.model_dir,
            base_url=self.embedding_base_url,
            api_key=self.embedding_api_key,
            model=self.embedding_model,
            dimension=self.embedding_dimension,
        )
