"""What every service that asks a language model is told by its environment."""

from pydantic import Field, SecretStr

from services.kit.llm.door import LlmSettings
from services.kit.settings import ServiceSettings


class SettingsWithLlm(ServiceSettings):
    """There is a model where `llm_model` is set, and `llm_api_key` or `llm_base_url`."""

    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_model: str | None = None
    llm_timeout_s: float = Field(60.0, gt=0)
    """How long one try may take."""
    llm_output_tokens_max: int = Field(4_096, gt=0)
    """Of one answer; what a model thinks counts."""

    def of_llm(self, *, retries_max: int = 2) -> LlmSettings:
        return LlmSettings(
            base_url=self.llm_base_url,
            api_key=self.llm_api_key.get_secret_value() if self.llm_api_key else None,
            model=self.llm_model,
            timeout_s=self.llm_timeout_s,
            retries_max=retries_max,
            output_tokens_max=self.llm_output_tokens_max,
        )
