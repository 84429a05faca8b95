"""Settings: ``COCKPIT_*`` in the environment, else ``cockpit.toml`` in the working folder."""

import ipaddress
import tomllib
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cockpit.errors import BadSetting
from store import budgets
from store.why import first_line

PREFIX = "COCKPIT_"
DATABASES = ("sqlite", "postgresql")
SETTINGS_FILE = "cockpit.toml"


class Settings(BaseSettings):
    """Every setting. docs/operations.md tells what each is for; a test checks that it does."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, toml_file=SETTINGS_FILE, extra="forbid")

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8050, ge=1, le=65535)
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    device_rate: int = Field(default=2000, ge=1)
    mqtt_url: str | None = None
    mqtt_receiver: str = Field(default="own", pattern="^(own|paho)$")
    mqtt_ca: Path | None = None
    mqtt_certificate: Path | None = None
    mqtt_key: Path | None = None
    codecs_dir: Path | None = None
    communities_dir: Path | None = None
    base_map: Path | None = None
    calendar: Path | None = None
    report_font: Path | None = None
    open_reading: bool = True
    trusted_proxies: str | None = None
    data_dir: Path = Path("data")
    oidc_issuer: str | None = Field(default=None, pattern="^https?://")
    oidc_client_id: str | None = None
    oidc_client_secret_file: Path | None = None
    oidc_claim: str = "preferred_username"
    seal_key_file: Path | None = None
    public_url: str | None = Field(default=None, pattern="^https?://[^/]+(/.*[^/])?$")
    database_url: str | None = None
    community_databases: dict[str, str] = Field(default_factory=dict)
    keep_readings_days: int | None = Field(default=None, ge=1)
    keep_quarantine_days: int | None = Field(default=90, ge=1)
    # A limit is told of within a day after it ran out, and known by its notice: one day more is sure.
    keep_notices_days: int | None = Field(default=180, ge=2)
    site_capacity: dict[str, int] = Field(default_factory=dict)
    webhook_networks: list[str] = Field(default_factory=list)
    budgets: dict[str, float] = Field(default_factory=dict)
    log_format: str = Field(default="json", pattern="^(json|console)$")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")

    @field_validator("site_capacity")
    @classmethod
    def _positive(cls, value: dict[str, int]) -> dict[str, int]:
        for site, capacity in value.items():
            if capacity <= 0:
                raise ValueError(f"the capacity of {site!r} must be above 0")
        return value

    @field_validator("webhook_networks")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for network in value:
            ipaddress.ip_network(network)
        return value

    @field_validator("budgets")
    @classmethod
    def _known_budgets(cls, value: dict[str, float]) -> dict[str, float]:
        budgets.with_numbers(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: str | None) -> str | None:
        for one in (value or "").split(","):
            if value is not None:
                ipaddress.ip_network(one.strip())
        return value

    @field_validator("database_url")
    @classmethod
    def _a_database(cls, value: str | None) -> str | None:
        return value if value is None else _checked_url(value)

    @field_validator("community_databases")
    @classmethod
    def _are_databases(cls, value: dict[str, str]) -> dict[str, str]:
        for url in value.values():
            _checked_url(url)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before the environment before the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        if self.oidc_issuer is not None:
            for name in ("oidc_client_id", "oidc_client_secret_file", "public_url"):
                if getattr(self, name) is None:
                    raise ValueError(f"{PREFIX}OIDC_ISSUER needs {PREFIX}{name.upper()} too")
        return self

    @property
    def proxies(self) -> list[str]:
        """Addresses and networks whose word on who is behind them is taken."""
        return [one.strip() for one in self.trusted_proxies.split(",")] if self.trusted_proxies else []

    @property
    def database(self) -> str:
        """The database's URL: the one that is set, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'cockpit.db').absolute()}"

    @property
    def seal_key(self) -> Path:
        """The key's file: the one that is set, else one in the data folder."""
        return self.seal_key_file or self.data_dir / "seal.key"


def _checked_url(url: str) -> str:
    try:
        known = make_url(url).get_backend_name() in DATABASES
    except ArgumentError:
        known = False
    if not known:
        raise ValueError("expected sqlite:///path/to/file or postgresql+psycopg://user@host/name")
    return url


def load() -> Settings:
    """Read the settings.

    Raises
    ------
    BadSetting
        Naming the setting, its value and what is wrong with it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"][:1]).upper()
        # An address may hold a password.
        given = "" if name.endswith(("_URL", "_DATABASES")) else f"={first.get('input')!r}"
        raise BadSetting(f"{name}{given}: {first['msg']}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{SETTINGS_FILE}: {error}") from None
    except ValueError as error:
        raise BadSetting(first_line(error)) from None


def prepare_data_dir(settings: Settings) -> None:
    """Make the data folder, and make sure that it can be written.

    Raises
    ------
    BadSetting
        If it cannot.
    """
    if settings.database_url is not None:
        return
    probe = settings.data_dir / ".write-probe"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadSetting(f"data folder {str(settings.data_dir)!r} cannot be written: {reason}") from None
