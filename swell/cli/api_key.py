"""The key that commands present to a server."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class _KeySettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SWELL_", frozen=True, extra="ignore")

    api_key: SecretStr | None = Field(default=None, description="API key of a server that asks for one")


def api_key() -> str | None:
    """What SWELL_API_KEY says; on this machine no key is needed."""
    key = _KeySettings().api_key
    return None if key is None else key.get_secret_value()
