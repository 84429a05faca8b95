"""A file taken into a register: every line is looked at before any is written; all of them count, or none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from layers.problem import Problem
from layers.services.registers import kept, queries, write
from layers.services.registers.behind import Row, Value
from layers.services.registers.declare import NUMBER, STATE, VERSION, Field
from layers.services.registers.keys import key
from layers.services.registers.writer import References, Writer, judged
from layers.sheets.sheet import SheetRow
from store import audit
from store.engine import writing
from store.instant import now
from store.language import Word, named, say

BEHIND_ROWS = 2_000
"""Lines of one file where each is judged by what stands behind the register: so long nobody else writes."""
HEAD = 1


@dataclass(frozen=True, kw_only=True)
class LineFault:
    """What is wrong in a line of a file; ``column`` is "" for the whole line."""

    line: int
    column: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a line does: adds a row, changes one (``before``), or finds it as it is."""

    line: int
    found: dict[str, Value]
    before: Row | None = None

    @property
    def action(self) -> str:
        """add, change or same."""
        if self.before is None:
            return "add"
        return "same" if self.found == dict(self.before.values) else "change"


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
            faults = list(_carried_out(connection, by, planned))
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
    known = _Known(connection, by, heads, lines)
    for line in lines:
        _plan_line(connection, by, known, heads, line, made)
    return made


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
    for one in (NUMBER, VERSION, STATE):
        if text in (one.name, one.name_en.casefold(), "id" if one is NUMBER else "seq" if one is VERSION else "state"):
            return one
    for made in by.register.fields:
        if text in (made.code, made.name.casefold(), made.name_en.casefold()):
            return made
    known = say("、").join(named(made) for made in by.register.fields)
    return say("不认识这一列；可以有：{known}", known=known)


class _Known:
    """Rows that lines may mean, read in few questions: by number, and by key."""

    def __init__(self, connection: Connection, by: Writer, heads: Sequence[Head], lines: Sequence[SheetRow]) -> None:
        place = heads.index(NUMBER) if NUMBER in heads else None
        asked = [_number(line.cells[place]) for line in lines] if place is not None else []
        of = (by.community, by.register.code)
        self._connection, self._by, self._of = connection, by, of
        self.rows = queries.rows(connection, by.seal, *of, [one for one in asked if one])
        self.references: References = {}
        self.seen: dict[int | str, int] = {}

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
    before, fault = _before(connection, by, known, cells, given)
    if fault:
        made.faults.append(LineFault(line=line.line, column="", why=fault))
        return
    found, faults = judged(connection, by, given, before.values if before else {}, known.references)
    for one in faults:
        made.faults.append(LineFault(line=line.line, column=one.name, why=one.why))
    mark: int | str | None = before.id if before else key(by.register, by.seal, found)
    if mark is not None:
        first = known.seen.setdefault(mark, line.line)
        if first != line.line:
            made.faults.append(LineFault(line=line.line, column="", why=say("与第 {first} 行是同一条", first=first)))
    if not faults:
        made.steps.append(Step(line=line.line, found=found, before=before))


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
        return None, ""
    found, _ = judged(
        connection, by, {code: given[code] for code in by.register.key if code in given}, {}, known.references
    )
    named_by = key(by.register, by.seal, found)
    number = queries.by_key(connection, by.community, by.register.code, named_by) if named_by else None
    return (known.row(number) if number is not None else None), ""


def _state_fault(by: Writer, cells: Mapping[Word, str], row: Row) -> str:
    asked = cells.get(STATE, "")
    state = by.register.states.get(row.state or "")
    if not asked or state is None or asked in (row.state, state.name, state.name_en):
        return ""
    return say("状态不能由导入更改（现为「{now}」）", now=named(state))


def _number(text: str) -> int:
    text = text.strip().removeprefix("#")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _carried_out(connection: Connection, by: Writer, planned: Plan) -> Iterator[LineFault]:
    quiet = replace(by, is_audited=False)
    if not by.register.behind:
        yield from _added(connection, quiet, [step for step in planned.steps if step.action == "add"])
    done = ("same",) if by.register.behind else ("same", "add")
    for step in planned.steps:
        if step.action in done:
            continue
        try:
            # One that the database refuses shall not take the others' faults with it.
            with connection.begin_nested():
                _one(connection, quiet, step)
        except Problem as refusal:
            yield LineFault(line=step.line, column="", why=refusal.detail)
        except IntegrityError:
            yield LineFault(line=step.line, column="", why=say("与同时登记的另一条冲突"))


def _added(connection: Connection, by: Writer, steps: Sequence[Step]) -> Iterator[LineFault]:
    state = by.register.first or None
    rows = [(step.found, None) for step in steps]
    for step, row in zip(steps, kept.add(connection, by, rows, now(), "", state), strict=True):
        if row is None:
            detail = write.known_already(connection, by, step.found).detail
            yield LineFault(line=step.line, column="", why=detail)


def _one(connection: Connection, by: Writer, step: Step) -> None:
    if step.before is None:
        write.add_good(connection, by, step.found, None, "")
    else:
        write.change_seen(connection, by, step.before, step.found)
