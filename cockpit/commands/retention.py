"""``cockpit retention``: for how long what is stored is kept, why, and whether it is of persons."""

import os
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from cockpit.commands.options import Json, answer, settings
from cockpit.errors import BadSetting
from cockpit.settings import PREFIX, Settings
from store.language import CHINESE, ENGLISH, LANGUAGES, Word, in_all, named, speaking
from store.retention import Retention
from store.retention import retention as rows

HEADS = (
    Word("数据", "What"),
    Word("表", "Table"),
    Word("保留多久", "Kept"),
    Word("涉及个人", "Of persons"),
    Word("理由", "Why"),
)
KEPT = {
    "always": Word("长期", "for good"),
    "state": Word("只存现状", "as long as it is so"),
    "days": Word("{} 天", "{} days"),
    "at most": Word("最长 {} 天，按种类", "up to {} days, by kind"),
    "with": Word("随「{}」", "as long as: {}"),
    "by setting": Word("（{}）", " ({})"),
}
PERSONAL = {
    "no": Word("否", "no"),
    "staff": Word("工作人员的登录名", "staff, by the name of sign-in"),
    "resident": Word("居民，密封或只存编号", "residents, sealed or by a number"),
    "maybe": Word("可能，写的人也许提到", "perhaps, by who wrote it"),
}


def retention(
    lang: Annotated[str, typer.Option(help="zh-CN or en; left out: the terminal's.")] = "",
    personal: Annotated[bool, typer.Option("--personal", help="Only what is, or may be, of persons.")] = False,
    as_json: Json = False,
) -> None:
    """Print for how long each table is kept by these settings, why, and whether it is of persons."""
    if lang and lang not in LANGUAGES:
        raise BadSetting(f"--lang {lang!r} is not one of {', '.join(LANGUAGES)}")
    found = settings()
    wanted = {table: row for table, row in rows().items() if not personal or row.personal != "no"}
    with speaking(lang or _of_terminal()):
        lines = [_line(map(named, HEADS)), _line("---" for _ in HEADS)]
        lines += [_line(_cells(found, table, row)) for table, row in wanted.items()]
    answer(as_json, {"tables": [_record(found, table, row) for table, row in wanted.items()]}, "\n".join(lines))


def _of_terminal() -> str:
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return CHINESE if said.startswith("zh") else ENGLISH


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(found: Settings, table: str, row: Retention) -> list[str]:
    return [named(row), f"`{table}`", _kept(found, row), named(PERSONAL[row.personal]), named(row, "reason")]


def _kept(found: Settings, row: Retention) -> str:
    if row.keep == "with":
        return named(KEPT["with"]).format(named(rows()[row.of or ""]))
    if row.keep != "days":
        return named(KEPT[row.keep])
    days = _days(found, row)
    told = named(KEPT["always"]) if days is None else named(KEPT["at most" if row.table else "days"]).format(days)
    by = f"{PREFIX}{row.setting.upper()}" if row.setting else row.table
    return told + (named(KEPT["by setting"]).format(by) if by else "")


def _days(found: Settings, row: Retention) -> int | None:
    return getattr(found, row.setting) if row.setting else row.days


def _record(found: Settings, table: str, row: Retention) -> dict[str, Any]:
    told = {"table": table, **in_all("name", row), "keep": row.keep, "days": _days(found, row), "with": row.of}
    return told | {"setting": row.setting, "personal": row.personal, **in_all("reason", row, "reason")}
