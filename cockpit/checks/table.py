"""Every check by its name, in the order in which they are told."""

from collections.abc import Collection, Mapping

from cockpit.checks import backups, declared, history, machine, network, stores, units
from cockpit.checks.finding import Probe, Result, results
from cockpit.settings import Settings

CHECKS: Mapping[str, Probe] = {
    "data folder": stores.data_folder,
    "permissions": machine.permissions,
    "units": units.units,
    "database": stores.databases,
    "archived months": history.archived_months,
    "seal key": stores.seal_key,
    "backup": backups.backup,
    "communities": declared.each_community,
    "codecs": declared.codecs,
    "base map": declared.offline_map,
    "calendar": declared.calendar,
    "clock": machine.clock,
    "foreign files": machine.foreign_files,
    "font": machine.font,
    "broker": network.broker,
    "web": network.web,
    "proxies": network.proxies,
    "provider": network.provider,
}


def checked(settings: Settings, only: Collection[str] = ()) -> list[Result]:
    """Make them all, or some."""
    wanted = {name: probe for name, probe in CHECKS.items() if not only or name in only}
    return [result for name, probe in wanted.items() for result in results(name, probe, settings)]
