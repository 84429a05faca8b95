"""Looking at the settings before any process begins."""

from cockpit.resources import (
    base_map,
    check_declarations,
    check_panels,
    embedded_tls,
    external_broker,
    installed_codecs,
    seal,
    take_calendar,
)
from cockpit.settings import Settings, prepare_data_dir
from cockpit.showing import sign_on
from layers.visitors import capacity


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
    sign_on(settings, seal(settings))
