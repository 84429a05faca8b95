"""Settings: ``COCKPIT_*`` in the environment, else in the file that is named, or ``cockpit.toml`` here."""

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cockpit.backups.names import Rule
from cockpit.errors import BadSetting
from cockpit.settings_refused import misspelt, refusal, unparsed
from store import budgets
from store.engine import ARCHIVE, SHARED
from store.retention import days_of
from store.why import first_line

PREFIX = "COCKPIT_"
DATABASES = ("sqlite", "postgresql")
SETTINGS_FILE = "cockpit.toml"
NAMED_FILE = "COCKPIT_SETTINGS_FILE"
"""Names the file where commands are given in other folders than the one that it lies in."""


class Settings(BaseSettings):
    """Every setting. docs/operations.md tells what each is for; a test checks that it does."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8050, ge=1, le=65535)
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    device_rate: int = Field(default=2000, ge=1)
    mqtt_url: str | None = Field(default=None, repr=False)
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
    public_url: str | None = Field(default=None, pattern="^https?://[^/]+(/.*)?$")
    # What is not told in a representation is a secret, or holds one.
    database_url: str | None = Field(default=None, repr=False)
    community_databases: dict[str, str] = Field(default_factory=dict, repr=False)
    backup_at: str = Field(default="03:30", pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|off)$")
    backup_target: str | None = Field(default=None, pattern="^(s3://[^/]+(/.*)?|/.*)$")
    backup_keep: dict[str, int] = Field(default_factory=dict)
    backup_key_file: Path | None = None
    backup_s3_endpoint: str | None = Field(default=None, pattern="^https?://[^/]+$")
    backup_s3_key_file: Path | None = None
    backup_s3_ca: Path | None = None
    backup_before_upgrade: bool = True
    hot_months: int = Field(default=3, ge=0)
    keep_readings_days: int | None = Field(default=days_of("reading"), ge=1)
    keep_quarantine_days: int | None = Field(default=days_of("quarantine"), ge=1)
    # A limit is told of within a day after it ran out, and known by its notice: one day more is sure.
    keep_notices_days: int | None = Field(default=days_of("notice"), ge=2)
    site_capacity: dict[str, int] = Field(default_factory=dict)
    webhook_networks: list[str] = Field(default_factory=list)
    budgets: dict[str, float] = Field(default_factory=dict)
    log_format: str = Field(default="auto", pattern="^(auto|json|console)$")
    log_level: str = Field(default="auto", pattern="^(auto|debug|info|warning|error)$")

    @field_validator("site_capacity")
    @classmethod
    def _positive(cls, value: dict[str, int]) -> dict[str, int]:
        for site, capacity in value.items():
            if capacity <= 0:
                raise ValueError(f"the capacity of {site!r} must be above 0")
        return value

    @field_validator("backup_keep")
    @classmethod
    def _a_rule(cls, value: dict[str, int]) -> dict[str, int]:
        for period, count in value.items():
            if period not in Rule.__dataclass_fields__ or count < 0:
                raise ValueError(f"expected a number for each of {', '.join(Rule.__dataclass_fields__)}")
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

    @field_validator("public_url")
    @classmethod
    def _at_the_root(cls, value: str | None) -> str | None:
        path = urlsplit(value).path if value else ""
        if path == "/":
            raise ValueError("leave out the slash at its end")
        if path:
            raise ValueError(f"the cockpit is served at the root of a host name only, not below {path}")
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
        for code, url in value.items():
            if code == SHARED:
                raise ValueError(f"{code!r} is what the database of all communities is called, and no community's code")
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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, settings_file())

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        if self.oidc_issuer is not None:
            for name in ("oidc_client_id", "oidc_client_secret_file", "public_url"):
                if getattr(self, name) is None:
                    raise ValueError(f"{PREFIX}OIDC_ISSUER needs {PREFIX}{name.upper()} too")
        return self

    @property
    def backup_keep_rule(self) -> Rule:
        """How many backups stay."""
        return Rule(**self.backup_keep)

    @property
    def proxies(self) -> list[str]:
        """Addresses and networks whose word on who is behind them is taken."""
        return [one.strip() for one in self.trusted_proxies.split(",")] if self.trusted_proxies else []

    @property
    def database(self) -> str:
        """The database's URL: the one that is set, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'cockpit.db').absolute()}"

    def archive(self, url: str) -> Path:
        """The folder of a database's archived months; named as backups name the database, wherever it is."""
        own = next((code for code, one in self.community_databases.items() if one == url), SHARED)
        return (self.data_dir / ARCHIVE / (SHARED if url == self.database else own)).absolute()

    @property
    def seal_key(self) -> Path:
        """The key's file: the one that is set, else one in the data folder."""
        return self.seal_key_file or self.data_dir / "seal.key"


def settings_file() -> Path:
    """The file of the settings, which need not be there."""
    return Path(os.environ.get(NAMED_FILE) or SETTINGS_FILE)


def _checked_url(url: str) -> str:
    try:
        known = make_url(url).get_backend_name() in DATABASES
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise ValueError("expected sqlite:///path/to/file or postgresql+psycopg://user@host/name")
    return url


def load() -> Settings:
    """Read the settings.

    Raises
    ------
    BadSetting
        Naming the setting, its value where that is no secret, and what is wrong with it.
    """
    path = settings_file()
    if NAMED_FILE in os.environ and not os.access(path, os.R_OK):
        raise BadSetting(f"{NAMED_FILE}: {str(path)!r} cannot be read")
    if wrong := misspelt(os.environ, PREFIX, Settings.model_fields, (NAMED_FILE,)):
        raise BadSetting(wrong)
    try:
        return Settings()
    except ValidationError as error:
        raise BadSetting(refusal(error, PREFIX, Settings.model_fields, path)) from None
    except SettingsError as error:
        raise BadSetting(unparsed(error, PREFIX)) from None
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path}: {error}") from None
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
        # What it will hold is nobody's business on this machine.
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadSetting(f"data folder {str(settings.data_dir)!r} cannot be written: {reason}") from None
