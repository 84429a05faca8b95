"""Looking at the settings before any process begins."""

import structlog

from cockpit.backups.encryption import keys_of
from cockpit.backups.targets import target_of
from cockpit.resources import (
    base_map,
    check_declarations,
    check_panels,
    embedded_tls,
    external_broker,
    installed_codecs,
    take_calendar,
)
from cockpit.settings import Settings, prepare_data_dir
from cockpit.showing import provider_of
from layers.visitors import capacity
from store.backup import BackupError

log = structlog.get_logger(__name__)


def examine(settings: Settings) -> None:
    """Look at what the settings name, before any process is begun that could not work with it.

    Raises
    ------
    BadSetting
        Names the first that is wrong.
    """
    prepare_data_dir(settings)
    installed_codecs(settings)
    base_map(settings)
    capacity.configure(settings.site_capacity)
    take_calendar(settings)
    check_declarations()
    check_panels()
    if settings.mqtt_url is None:
        embedded_tls(settings)
    else:
        external_broker(settings)
    provider_of(settings)
    target_of(settings)
    try:
        keys_of(settings.backup_key_file)
    except BackupError as error:
        # Devices are to be heard whether or not a stick is in its place; each backup fails by it, and says so.
        log.error("backup_key_away", reason=str(error))
