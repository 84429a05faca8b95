"""What the settings point to: communities, codecs, keys and the broker. Light, since every command opens it."""

import ipaddress
from dataclasses import replace
from pathlib import Path

from cockpit.errors import BadSetting
from cockpit.settings import Settings
from geo.basemap import BaseMap
from geo.communities import communities, take
from geo.errors import BadBaseMap, BadCommunity
from geo.folders import read
from layers import working_time
from sensors.brokers.files import Tls
from sensors.bus.client import BrokerAddress
from sensors.codecs.installed import Codecs, codecs
from sensors.errors import CodecError

UNSPECIFIED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


def take_communities(settings: Settings) -> None:
    """Know the communities of COCKPIT_COMMUNITIES_DIR beside those that ship.

    Raises
    ------
    BadSetting
        If one of them is none, or a setting names one that is not there.
    """
    try:
        take(read(settings.communities_dir) if settings.communities_dir is not None else ())
    except BadCommunity as error:
        raise BadSetting(f"COCKPIT_COMMUNITIES_DIR: {error}") from None
    for code in settings.community_databases:
        if code not in communities():
            raise BadSetting(f"COCKPIT_COMMUNITY_DATABASES: {code!r} is not one of {', '.join(communities())}")


def check_declarations() -> None:
    """Look at the declarations of all registers and indicators, those that communities bring in their folders too.

    Raises
    ------
    BadSetting
        With the file, the place in it, and why.
    """
    # What these are only pages need, and no other command waits for it.
    from layers.indicators import declare as indicators
    from layers.services.registers import declare as registers

    try:
        registers.check()
        indicators.check()
    except (registers.DeclarationError, indicators.DeclarationError) as error:
        raise BadSetting(f"COCKPIT_COMMUNITIES_DIR: {error}") from None


def check_panels() -> None:
    """Look at the panels that communities name.

    Raises
    ------
    BadSetting
        With the community's file, the panel, and those that there are.
    """
    # What a layer is only pages need, and no other command waits for them.
    from layers import panels

    try:
        panels.check()
    except panels.UnknownPanel as error:
        raise BadSetting(f"COCKPIT_COMMUNITIES_DIR: {error}") from None


def take_calendar(settings: Settings) -> None:
    """Take the operator's working calendar, where one is set.

    Raises
    ------
    BadSetting
        If it cannot be read.
    """
    try:
        working_time.configure(settings.calendar)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadSetting(f"COCKPIT_CALENDAR: {str(settings.calendar)!r}: {reason}") from None


def installed_codecs(settings: Settings) -> Codecs:
    """The codecs that are installed, and the mappings of COCKPIT_CODECS_DIR.

    Raises
    ------
    BadSetting
        If one of them is faulty.
    """
    folder = settings.codecs_dir
    if folder is not None and not folder.is_dir():
        raise BadSetting(f"COCKPIT_CODECS_DIR: no folder {str(folder)!r}")
    try:
        return codecs(folder)
    except CodecError as error:
        raise BadSetting(f"codec {error}") from None


def base_map(settings: Settings) -> BaseMap | None:
    """The offline base map; None where none is set.

    Raises
    ------
    BadSetting
        If it is no PMTiles file that a browser can show.
    """
    if settings.base_map is None:
        return None
    try:
        return BaseMap(settings.base_map)
    except BadBaseMap as error:
        raise BadSetting(f"COCKPIT_BASE_MAP: {error}") from None


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
    files = _tls_files(settings)
    try:
        return replace(BrokerAddress.from_url(settings.mqtt_url, **files), by_paho=settings.mqtt_receiver == "paho")
    except ValueError as error:
        raise BadSetting(f"COCKPIT_MQTT_URL: {error}") from None


def embedded_tls(settings: Settings) -> Tls | None:
    """The certificate and key of the embedded broker; None where it listens without TLS."""
    files = _tls_files(settings)
    if "certificate" not in files:
        return None
    return Tls(certificate=Path(files["certificate"]), key=Path(files["key"]))


def embedded_broker(settings: Settings) -> BrokerAddress:
    """Where the embedded broker is, without anybody's credentials."""
    tls = embedded_tls(settings)
    ca = _tls_files(settings).get("ca")
    return BrokerAddress(reachable(settings.mqtt_host), settings.mqtt_port, tls=tls is not None, ca=ca)


def _tls_files(settings: Settings) -> dict[str, str]:
    """The files of COCKPIT_MQTT_CA, _CERTIFICATE and _KEY, those that are set.

    Raises
    ------
    BadSetting
        If one is not there, or a certificate is without its key.
    """
    tls = {"ca": settings.mqtt_ca, "certificate": settings.mqtt_certificate, "key": settings.mqtt_key}
    for name, path in tls.items():
        if path is not None and not path.is_file():
            raise BadSetting(f"COCKPIT_MQTT_{name.upper()}: no file {str(path)!r}")
    if (settings.mqtt_certificate is None) != (settings.mqtt_key is None):
        raise BadSetting("COCKPIT_MQTT_CERTIFICATE and COCKPIT_MQTT_KEY go together")
    return {name: str(path) for name, path in tls.items() if path is not None}


def devices_address(settings: Settings) -> BrokerAddress:
    """Where devices connect, without anybody's credentials."""
    if settings.mqtt_url is not None:
        there = external_broker(settings)
        return replace(there, username=None, password=None)
    return embedded_broker(settings)


def is_loopback(host: str) -> bool:
    """Whether only this machine itself reaches what listens on ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_broker_only_here(settings: Settings) -> bool:
    """Whether no device of another machine gets in; where an external broker listens we do not know."""
    return settings.mqtt_url is None and is_loopback(settings.mqtt_host)


def reachable(host: str) -> str:
    """Where a client finds a server that listens on ``host``."""
    return UNSPECIFIED.get(host, host)
