"""A file taken into a register: every line is looked at before any is written; all of them count, or none."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine

from layers.problem import Problem
from layers.services.registers import carried, queries
from layers.services.registers.behind import Row
from layers.services.registers.carried import Step
from layers.services.registers.columns import NUMBER, STATE, VERSION
from layers.services.registers.declare import Field
from layers.services.registers.keys import key
from layers.services.registers.writer import References, Writer, judged
from layers.sheets.sheet import SheetRow
from store import audit, far
from store.engine import writing
from store.language import Word, named, say

BEHIND_ROWS = 2_000
"""Lines of one file where each is judged by what stands behind the register: so long nobody else writes."""
WRITES_MOST = 5_000
"""Lines of one file that add or change a row: SQLite has one lock for all who write, and 5,000 take it for about a
second, which a sensor's reading or somebody at the counter can wait for."""
HEAD = 1


@dataclass(frozen=True, kw_only=True)
class LineFault:
    """What is wrong in a line of a file; ``column`` is "" for the whole line."""

    line: int
    column: str
    why: str


@dataclass
class Plan:
    """What a file would do, and every fault that it has."""

    steps: list[Step] = field(default_factory=list)
    faults: list[LineFault] = field(default_factory=list)

    def count(self, action: str) -> int:
        """How many lines do this."""
        return sum(step.action == action for step in self.steps)


class _Rehearsed(Exception):
    """Everything was done, and is taken back."""


def take(engine: Engine, by: Writer, columns: Sequence[str], lines: Sequence[SheetRow], told: Mapping[str, Any],
         *, is_rehearsal: bool) -> Plan:  # fmt: skip
    """Take lines in, or look what would come of it.

    Parameters
    ----------
    told
        What the audit trail is told of the file beside the counts.
    is_rehearsal
        Do all of it, and take it back.

    Raises
    ------
    Problem
        422 with every fault by line; nothing was written then.
    """
    # As a lookup costs time and changes nothing, nobody has to wait for it.
    with engine.connect() as connection:
        planned = plan(connection, by, columns, lines)
    if planned.faults:
        raise refused(planned.faults)
    if is_rehearsal and not by.register.behind:
        return planned
    try:
        with writing(engine) as connection:
            faults = [LineFault(line=line, column="", why=why)
                      for line, why in carried.carried_out(connection, by, planned.steps)]  # fmt: skip
            if faults:
                raise refused(faults)
            if is_rehearsal:
                raise _Rehearsed
            counts = {action: planned.count(action) for action in ("add", "change", "same")}
            about = {"community": by.community, **counts, **told}
            audit.record(connection, by.actor.label, "register.import", by.register.code, about)
    except _Rehearsed:
        pass
    return planned


def refused(faults: Sequence[LineFault]) -> Problem:
    """422 with every fault by its line."""
    rows = [{"line": one.line, "column": one.column, "why": one.why} for one in sorted(faults, key=lambda f: f.line)]
    first = "; ".join(say("第 {line} 行 {column}：{why}", **row) for row in rows[:3])
    return Problem(
        422, "bad file", say("{count} 处有误，没有导入任何一行。{first}", count=len(rows), first=first), faults=rows
    )


def plan(connection: Connection, by: Writer, columns: Sequence[str], lines: Sequence[SheetRow]) -> Plan:
    """What each line would do, without writing anything."""
    made = Plan()
    heads = list(_heads(by, columns, made))
    if made.faults:
        return made
    if by.register.behind and len(lines) > BEHIND_ROWS:
        why = say("此登记簿一次最多导入 {most} 行", most=BEHIND_ROWS)
        made.faults.append(LineFault(line=HEAD, column="", why=why))
        return made
    known = _Known(connection, by, heads, lines, f"file:{_digest(columns, lines)}")
    for line in far.counted("checking", lines):
        _plan_line(connection, by, known, heads, line, made)
    count = len(made.steps) - made.count("same")
    if count > WRITES_MOST:
        why = say("这份文件要写入 {count} 行，一次最多 {most} 行；请分成几份导入", count=count, most=WRITES_MOST)
        made.faults.append(LineFault(line=HEAD, column="", why=why))
    return made


def _digest(columns: Sequence[str], lines: Sequence[SheetRow]) -> str:
    """What a file says, whatever its format: the same content sent again is the same file."""
    content = msgspec.json.encode([columns, [(one.line, one.cells) for one in lines]])
    return hashlib.sha256(content).hexdigest()[:32]


Head = Field | Word | None


def _heads(by: Writer, columns: Sequence[str], made: Plan) -> Iterator[Head]:
    """What each column is: a field, number, version, state; None for what is computed or an empty head of nothing."""
    seen: set[str] = set()
    for column in columns:
        found = _head(by, column)
        if isinstance(found, str):
            made.faults.append(LineFault(line=HEAD, column=column, why=found))
            continue
        code = found.code if isinstance(found, Field) else found.name
        if code in seen:
            made.faults.append(LineFault(line=HEAD, column=column, why=say("这一列出现两次")))
        seen.add(code)
        yield None if isinstance(found, Field) and found.computed else found


def _head(by: Writer, column: str) -> Field | Word | str:
    text = column.partition("（")[0].partition("(")[0].strip().casefold()
    for one in (NUMBER, VERSION, STATE) if by.register.states else (NUMBER, VERSION):
        if text in (one.name, one.name_en.casefold(), "id" if one is NUMBER else "seq" if one is VERSION else "state"):
            return one
    for made in by.register.fields:
        if text in (made.code, made.name.casefold(), made.name_en.casefold()):
            return made
    known = say("、").join(named(made) for made in by.register.fields)
    return say("不认识这一列；可以有：{known}", known=known)


class _Known:
    """Rows that lines may mean, read in few questions: by number, by key, and those that came by this very file."""

    def __init__(
        self, connection: Connection, by: Writer, heads: Sequence[Head], lines: Sequence[SheetRow], file: str
    ) -> None:
        place = heads.index(NUMBER) if NUMBER in heads else None
        asked = [_number(line.cells[place]) for line in lines] if place is not None else []
        of = (by.community, by.register.code)
        self._connection, self._by, self._of = connection, by, of
        self.rows = queries.rows(connection, by.seal, *of, [one for one in asked if one])
        self._file = file
        numbers = carried.by_references(connection, by, [self.reference(one.line) for one in lines])
        came = queries.rows(connection, by.seal, *of, numbers.values())
        self._came = {reference: came[number] for reference, number in numbers.items()}
        self.references: References = {}
        self.seen: dict[int | str, int] = {}

    def reference(self, line: int) -> str:
        """Under which a new row of a line is kept, where no key names it."""
        return f"{self._file}:{line}"

    def came(self, line: int) -> Row | None:
        """The row that this line brought when the file was sent before."""
        return self._came.get(self.reference(line))

    def row(self, number: int) -> Row | None:
        """A row by its number."""
        if number not in self.rows:
            self.rows |= queries.rows(self._connection, self._by.seal, *self._of, [number])
        return self.rows.get(number)


def _plan_line(
    connection: Connection, by: Writer, known: _Known, heads: Sequence[Head], line: SheetRow, made: Plan
) -> None:
    given = {head.code: text for head, text in zip(heads, line.cells, strict=False) if isinstance(head, Field)}
    cells = {head: text for head, text in zip(heads, line.cells, strict=False) if isinstance(head, Word)}
    came = None if cells.get(NUMBER) else known.came(line.line)
    if came is not None:
        made.steps.append(Step(line=line.line, found=dict(came.values), before=came))
        return
    before, fault = _before(connection, by, known, cells, given)
    if fault:
        made.faults.append(LineFault(line=line.line, column="", why=fault))
        return
    found, faults = judged(connection, by, given, before.values if before else {}, known.references)
    for one in faults:
        made.faults.append(LineFault(line=line.line, column=one.name, why=one.why))
    named_by = key(by.register, by.seal, found)
    mark: int | str | None = before.id if before else named_by
    if mark is not None:
        first = known.seen.setdefault(mark, line.line)
        if first != line.line:
            made.faults.append(LineFault(line=line.line, column="", why=say("与第 {first} 行是同一条", first=first)))
    if not faults:
        reference = known.reference(line.line) if before is None and named_by is None else None
        made.steps.append(Step(line=line.line, found=found, before=before, reference=reference))


def _before(
    connection: Connection, by: Writer, known: _Known, cells: Mapping[Word, str], given: Mapping[str, str]
) -> tuple[Row | None, str]:
    """The row that a line means, and what is wrong with that; by its number, else by its key."""
    text = cells.get(NUMBER, "")
    if text:
        row = known.row(_number(text))
        if row is None:
            return None, say("没有编号为 {number} 的一行", number=text[:20])
        if row.is_voided:
            return None, say("编号 {number} 已作废，不能再改", number=row.id)
        version = cells.get(VERSION, "")
        if version and version != str(row.seq):
            what = say("编号 {number} 在导出之后被改过（现为第 {seq} 版）；请重新导出", number=row.id, seq=row.seq)
            return None, what
        return row, _state_fault(by, cells, row)
    if not by.register.key:
        return None, _state_fault(by, cells, None)
    found, _ = judged(
        connection, by, {code: given[code] for code in by.register.key if code in given}, {}, known.references
    )
    named_by = key(by.register, by.seal, found)
    number = queries.by_key(connection, by.community, by.register.code, named_by) if named_by else None
    row = known.row(number) if number is not None else None
    return row, _state_fault(by, cells, row)


def _state_fault(by: Writer, cells: Mapping[Word, str], row: Row | None) -> str:
    """What is wrong with the state that a line says: a new row begins in the first, one that is there stays in its."""
    asked = cells.get(STATE, "").strip()
    code = by.register.first if row is None else row.state
    state = by.register.states.get(code or "")
    if not asked or state is None or asked.casefold() in (code, state.name.casefold(), state.name_en.casefold()):
        return ""
    if row is None:
        return say("新登记的一行只能从「{first}」开始", first=named(state))
    return say("状态不能由导入更改（现为「{now}」）", now=named(state))


def _number(text: str) -> int:
    text = text.strip().removeprefix("#")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
