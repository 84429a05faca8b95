"""``cockpit check``: what works here, and what does not."""

import shutil
import socket
from collections.abc import Callable
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import typer
from sqlalchemy import text

from cockpit.commands.options import Json, answer, settings
from cockpit.resources import base_map, devices_address, installed_codecs, reachable, take_calendar
from cockpit.settings import Settings, prepare_data_dir
from geo.communities import communities, folder_of, shipped
from layers import working_time
from store.engine import open_engine
from store.instant import SHANGHAI, now, to_datetime
from store.migrate import is_current
from store.sandbox import ask
from store.why import first_line

TIMEOUT_S = 3
LOW_DISK_BYTES = 1 << 30


class Finding(Exception):
    """Something that does not work, in words."""


def check(as_json: Json = False) -> None:
    """Check settings, data folder, database, broker and web, and say what is amiss."""
    found = settings()
    results = [_result(name, probe, found) for name, probe in CHECKS.items()]
    marks = {True: "ok  ", False: "FAIL"}
    lines = [f"{marks[r['ok'] is True]}  {r['check']}: {r['detail']}" for r in results]
    answer(as_json, {"checks": results}, "\n".join(lines))
    if not all(r["ok"] for r in results):
        raise typer.Exit(1)


def _result(name: str, probe: Callable[[Settings], str], found: Settings) -> dict[str, object]:
    try:
        return {"check": name, "ok": True, "detail": probe(found)}
    except Exception as error:  # noqa: BLE001 - whatever a probe meets is what the check is there to say
        return {"check": name, "ok": False, "detail": first_line(error)}


def _data_dir(found: Settings) -> str:
    prepare_data_dir(found)
    if found.database_url is not None:
        return "not used, COCKPIT_DATABASE_URL is set"
    free = shutil.disk_usage(found.data_dir).free
    if free < LOW_DISK_BYTES:
        raise Finding(f"{found.data_dir}: only {free >> 20} MiB free")
    return f"{found.data_dir}, {free >> 30} GiB free"


def _database(found: Settings) -> str:
    said = [_one_database("", found.database)]
    said += [_one_database(f"{code}: ", url) for code, url in found.community_databases.items()]
    return "; ".join(said)


def _one_database(whose: str, url: str) -> str:
    engine = open_engine(url)
    if not is_current(engine):
        raise Finding(f"{whose}not up to date; run cockpit db upgrade")
    if engine.dialect.name != "sqlite":
        return f"{whose}{engine.dialect.name}, up to date"
    with engine.connect() as connection:
        verdict = connection.execute(text("PRAGMA quick_check")).scalar()
    if verdict != "ok":
        raise Finding(f"{whose}integrity: {verdict}")
    return f"{whose}sqlite, up to date, integrity ok"


def _codecs(found: Settings) -> str:
    installed = installed_codecs(found)
    return ", ".join([*installed.json, *(protocol.code for protocol in installed.protocols.values())])


def _communities(_found: Settings) -> str:
    return ", ".join(f"{code} ({'ships' if code in shipped() else folder_of(code)})" for code in communities())


def _base_map(found: Settings) -> str:
    there = base_map(found)
    return "none, COCKPIT_BASE_MAP is not set" if there is None else f"{there.path}, {there.kind.name.lower()} tiles"


def _calendar(found: Settings) -> str:
    take_calendar(found)
    known, this = working_time.last_known_year(), to_datetime(now()).astimezone(SHANGHAI).year
    if this > known:
        raise Finding(
            f"holidays of {this} are not known: upgrade chinesecalendar, or list them in the file of COCKPIT_CALENDAR"
        )
    return f"holidays and working weekends known to the end of {known}"


def _foreign_files(found: Settings) -> str:
    there = ask.layers()
    missing = [name for name in ("Landlock", "seccomp") if name not in there]
    without = f"; this machine has no {', no '.join(missing)}" if missing else ""
    return f"read in a process of its own, with limits, {', '.join(there)}{without}"


def _font(found: Settings) -> str:
    # What reads fonts only this needs, and no other command waits for it.
    from cockpit.reports import fonts

    one = fonts.font(found.report_font)
    return f"reports are set in {one.family}, {one.regular}"


def _broker(found: Settings) -> str:
    there = devices_address(found)
    with socket.create_connection((there.host, there.port), timeout=TIMEOUT_S):
        return f"{there.host}:{there.port} answers"


def _web(found: Settings) -> str:
    url = f"http://{reachable(found.http_host)}:{found.http_port}/readyz"
    try:
        with urlopen(url, timeout=TIMEOUT_S) as answered:
            return f"{url} says {answered.status}"
    except HTTPError as error:
        raise Finding(f"{url} says {error.code}: {error.read().decode()[:200]}") from None
    except URLError as error:
        raise Finding(f"{url}: {error.reason}") from None


CHECKS: dict[str, Callable[[Settings], str]] = {
    "data folder": _data_dir,
    "database": _database,
    "communities": _communities,
    "codecs": _codecs,
    "base map": _base_map,
    "calendar": _calendar,
    "foreign files": _foreign_files,
    "font": _font,
    "broker": _broker,
    "web": _web,
}
