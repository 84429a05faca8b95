"""A report as PDF: the gathered figures written out, and set by typst. The same figures give the same bytes."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC
from importlib.resources import files
from typing import Any

import msgspec

from cockpit.reports import fonts, written
from cockpit.reports.drawings import drawings
from cockpit.reports.gather import Filled, Gathered
from cockpit.reports.kinds import kinds
from layers.sections import FEW, NO_DATA, NOT_CONFIGURED, Figure, Row, Table
from store import scratch
from store.instant import to_datetime
from store.language import current, named, say, speaking

UNKNOWN = (NO_DATA, NOT_CONFIGURED, FEW)
SHORT, LONG = 16, 44
"""A column of texts up to so many digits wide takes what it needs; longer ones share the rest, up to the other."""
UNBROKEN = ("day", "moment")
"""Kinds of columns that always have what they need."""
ON_A_LINE = 100
"""So many digits a table is wide at most; where it needs more, the heads of its columns are broken into lines."""
ROWS_ON_PAPER = 60
"""A longer table stands whole in the workbook."""


def pdf(gathered: Gathered, language: str, one: fonts.Font) -> bytes:
    """The report as PDF in a language.

    The document's date is the moment that its figures were known at, and its id follows from its content; so nothing in
    the file tells when it was set.
    """
    import typst

    known = fonts.characters(one)
    with speaking(language), scratch.folder() as folder:
        told = document(gathered) | {"font": one.family}
        told = _each_text(told, lambda text: fonts.drawn(text, known))
        (folder / "document.json").write_bytes(msgspec.json.encode(told))
        (folder / "report.typ").write_bytes((files("cockpit.reports") / "report.typ").read_bytes())
        for path in one.paths:
            os.symlink(path, folder / path.name)
        made: bytes = typst.compile(
            str(folder / "report.typ"),
            root=str(folder),
            font_paths=[str(folder)],
            ignore_system_fonts=True,
            timestamp=to_datetime(gathered.known_at),
            # Packages would be fetched from another host.
            package_path=str(folder),
            package_cache_path=str(folder),
        )
    return made


def document(gathered: Gathered) -> dict[str, Any]:
    """What the template is given: every text written out in the language that is spoken."""
    kind = kinds()[gathered.kind]
    community, period = written.word(gathered.community), written.word(gathered.period.word)
    heading = named(kind, "title")
    local = to_datetime(gathered.known_at).astimezone(UTC)
    return {
        "language": current().partition("-")[0],
        "title": f"{community} – {heading} – {period}",
        "community": community,
        "heading": heading,
        "running": " – ".join([*([say("演示数据")] if gathered.is_invented else []), community, heading]),
        "period": period,
        "known": say("数据截至 {moment}（北京时间）", moment=written.moment(gathered.known_at)),
        "made": {part: getattr(local, part) for part in ("year", "month", "day", "hour", "minute", "second")},
        "about": _about(gathered),
        "headline_title": say("要点"),
        "headline": _headline(gathered),
        "sections": [_section(one) for one in gathered.sections],
    }


def _about(gathered: Gathered) -> list[tuple[str, str]]:
    span = f"{written.moment(gathered.period.since)} – {written.moment(gathered.period.until)}"
    rows = [
        (say("期间"), span),
        (say("数据截至"), say("{moment}（北京时间）；其后登记的不在内", moment=written.moment(gathered.known_at))),
        (say("数据来源"), say("本社区 CIM 驾驶舱的设备、事件与登记簿；各节注明出处，未登记的写明未配置")),
        (say("隐私"), say("不列个人姓名；少于 5 人的合计不公布")),
        (say("版本"), gathered.version),
    ]
    if not gathered.is_over:
        rows.insert(1, (say("注意"), say("期间尚未结束，只统计到数据截至的时刻")))
    if gathered.is_invented:
        rows.insert(0, (say("演示数据"), say("内容为演示而编写，并无其事")))
    return rows


def _headline(gathered: Gathered) -> list[dict[str, Any]]:
    sections = {one.code: one for one in gathered.sections}
    found = []
    for code in kinds()[gathered.kind].headline:
        of, _, figure = code.partition(".")
        section = sections.get(of)
        if section is not None and figure in section.told.figures:
            told = _figure(section, figure)
            found.append(told | {"name": _of(named(section.described), told["name"])})
    return found


def _of(whole: str, part: str) -> str:
    return say("{whole}：{part}", whole=whole, part=part)


def _section(one: Filled) -> dict[str, Any]:
    return {
        "title": named(one.described),
        "source": say("来源：{source}", source=named(one.described, "source")),
        "notes": [written.word(note) for note in one.told.notes],
        "figures": [_figure(one, code) for code in one.described.figures],
        "charts": drawings(one),
        "tables": [
            _table(table, one.told.tables[code])
            for code, table in one.described.tables.items()
            if not table.sheet_only and one.told.tables.get(code)
        ],
    }


def _figure(section: Filled, code: str) -> dict[str, Any]:
    described, value = section.described.figures[code], section.told.figures[code]
    is_known = value is not None and value not in UNKNOWN
    unit = written.unit(described) if is_known else ""
    return {"name": named(described), "value": written.text(value, described), "unit": unit, "known": is_known}


def _table(table: Table, rows: list[Row]) -> dict[str, Any]:
    title = named(table)
    if len(rows) > ROWS_ON_PAPER:
        title = say("{title}（前 {n} 行，全部见表格文件）", title=title, n=ROWS_ON_PAPER)
    columns = list(table.columns.items())
    cells = [[written.text(row.get(code), column) for code, column in columns] for row in rows[:ROWS_ON_PAPER]]
    heads = [written.head(column) for _, column in columns]
    weights = _weights([column for _, column in columns], heads, list(zip(*cells, strict=True)))
    return {
        "title": title,
        "columns": [
            {"name": head, "number": written.is_number(column), "weight": weight}
            for (_, column), head, weight in zip(columns, heads, weights, strict=True)
        ],
        "rows": cells,
    }


def _weights(columns: Sequence[Figure], heads: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int | None]:
    """What each column takes of the width that is left; None: as much as it needs."""
    longest = [max(map(written.width, some)) for some in cells]
    needs = [max(wide, written.width(head)) for wide, head in zip(longest, heads, strict=True)]
    if sum(need + 2 for need in needs) > ON_A_LINE and all(wide <= LONG for wide in longest):
        words = [max(map(written.width, head.split())) for head in heads]
        return [
            None if column.kind in UNBROKEN else max(wide, word) + 3
            for column, wide, word in zip(columns, longest, words, strict=True)
        ]
    found = [
        None if written.is_number(column) or wide <= SHORT else min(wide, LONG)
        for column, wide in zip(columns, longest, strict=True)
    ]
    return found if any(found) else [1, *found[1:]]


def _each_text(told: Any, change: Callable[[str], str]) -> Any:
    if isinstance(told, str):
        return change(told)
    if isinstance(told, dict):
        return {key: _each_text(value, change) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [_each_text(value, change) for value in told]
    return told
