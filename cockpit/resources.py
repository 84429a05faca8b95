"""What the settings point to: the database and the broker. Light, since every command opens it."""

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from cockpit.errors import BadSetting
from cockpit.settings import Settings, prepare_data_dir
from sensors.bus import BrokerAddress
from store.engine import open_engine
from store.migrate import upgrade

UNSPECIFIED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


def open_database(settings: Settings) -> Engine:
    """Open the database and bring it up to date.

    Raises
    ------
    BadSetting
        If it cannot be reached or written.
    """
    prepare_data_dir(settings)
    try:
        engine = open_engine(settings.database)
        upgrade(engine)
    except (SQLAlchemyError, OSError, ModuleNotFoundError) as error:
        where = make_url(settings.database).render_as_string(hide_password=True)
        raise BadSetting(f"database {where}: {str(error).splitlines()[0]}") from None
    return engine


def external_broker(settings: Settings) -> BrokerAddress:
    """The broker that COCKPIT_MQTT_URL names.

    Raises
    ------
    BadSetting
        If it is not set or not a broker's address.
    """
    if settings.mqtt_url is None:
        raise BadSetting(
            "COCKPIT_MQTT_URL is not set: processes that run apart need a broker that they share"
            " (cockpit up brings its own)"
        )
    if settings.mqtt_ca is not None and not settings.mqtt_ca.is_file():
        raise BadSetting(f"COCKPIT_MQTT_CA: no file {str(settings.mqtt_ca)!r}")
    try:
        return BrokerAddress.from_url(settings.mqtt_url, None if settings.mqtt_ca is None else str(settings.mqtt_ca))
    except ValueError as error:
        raise BadSetting(f"COCKPIT_MQTT_URL: {error}") from None


def devices_address(settings: Settings) -> BrokerAddress:
    """Where devices connect, without anybody's credentials."""
    if settings.mqtt_url is not None:
        there = external_broker(settings)
        return BrokerAddress(there.host, there.port, tls=there.tls, mqtt5=there.mqtt5, ca=there.ca)
    return BrokerAddress(reachable(settings.mqtt_host), settings.mqtt_port)


def reachable(host: str) -> str:
    """Where a client finds a server that listens on ``host``."""
    return UNSPECIFIED.get(host, host)
