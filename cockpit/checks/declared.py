"""What people wrote for the cockpit: communities, codecs, the base map, the calendar."""

from datetime import date

from cockpit.checks.finding import look, setting, wrong
from cockpit.resources import base_map, installed_codecs, take_calendar
from cockpit.settings import Settings
from geo.communities import communities, folder_of, shipped
from layers import working_time
from store.instant import SHANGHAI, now, to_datetime

ANNOUNCED = (11, 20)
"""Month and day by which the State Council has told the next year's holidays, and a library may know them."""
CALENDAR_TODO = "install a newer release, or list its holidays and working weekends in the file of COCKPIT_CALENDAR"


def codecs(settings: Settings) -> str:
    """Each codec, by its code."""
    installed = installed_codecs(settings)
    return ", ".join([*installed.json, *(protocol.code for protocol in installed.protocols.values())])


def each_community(_settings: Settings) -> str:
    """Each community, and where it comes from."""
    return ", ".join(f"{code} ({'ships' if code in shipped() else folder_of(code)})" for code in communities())


def offline_map(settings: Settings) -> str:
    """The base map's file."""
    there = base_map(settings)
    return "none, COCKPIT_BASE_MAP is not set" if there is None else f"{there.path}, {there.kind.name.lower()} tiles"


def calendar(settings: Settings) -> str:
    """How far holidays and working weekends are known, by which limits of grid events run."""
    take_calendar(settings)
    year = working_time.last_known_year()
    return known_until(year, to_datetime(now()).astimezone(SHANGHAI).date(), working_time.holidays_listed(year + 1))


def known_until(year: int, today: date, listed: int = 0) -> str:
    """How far they are known, where that is far enough; ``listed`` are the days that are known of the year after.

    Raises
    ------
    Amiss
        Where this year is not known, or the next one at an end of the year when it could be.
    """
    only = f": {listed} of at least {working_time.LEAST_HOLIDAYS} days are listed" if listed else ""
    if year < today.year:
        raise wrong(f"holidays of {today.year} are not known{only}", setting("calendar"), CALENDAR_TODO)
    if year == today.year and (today.month, today.day) >= ANNOUNCED:
        raise look(f"holidays of {year + 1} are not known yet{only}", setting("calendar"), CALENDAR_TODO)
    return f"holidays and working weekends known to the end of {year}"
