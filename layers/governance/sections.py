"""What reports tell of governance: matters by kind, the hard matters of the month, council, meetings, partners."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection, func, select

from layers.governance import matters
from layers.governance.figures import told_to_everybody, totals
from layers.governance.rules import bodies, fields, kinds, topics
from layers.governance.tables import council_meeting
from layers.sections import FEW, NO_DATA, NOT_CONFIGURED, Asked, Cell, Part, Row, Told, parts_of, word
from layers.totals import told


@cache
def sections() -> Mapping[str, Part]:
    """The sections of this layer."""
    return parts_of(__package__ or "", {"governance": governance})


def governance(connection: Connection, asked: Asked) -> Told:
    """Totals as ``GET /governance`` tells them for the end of the period; of mediations numbers only."""
    at = asked.until - 1
    found = told_to_everybody(totals(connection, asked.community, at))
    rows = connection.execute(matters.with_state(asked.community, at)).all()
    hard, council = found["hard"], found["council"]
    members, partners = sum(council["members"].values()), found["partners"]["by_field"]
    ended = [row for row in rows if asked.since <= row.since < asked.until]
    figures: dict[str, Cell] = {
        "hard_solved": hard["solved"],
        "hard_wanted": hard["wanted"],
        "hard_open": hard["open"],
        "hard_overdue": hard["overdue"],
        "mediations_ended": _few(sum(row.kind == "mediation" and row.state == "ended" for row in ended)),
        "meetings": _meetings(connection, asked),
        "attendance": NO_DATA if council["attendance_rate"] is None else council["attendance_rate"],
        "members": members or NOT_CONFIGURED,
        "partners": sum(partners.values()) or NOT_CONFIGURED,
        "grids": found["grids"]["with_steward"] if found["grids"]["all"] else NOT_CONFIGURED,
    }
    return Told(
        figures=figures,
        tables={
            "matters": [_kind(asked, code, rows, found["matters"][code]) for code in kinds()],
            "topics": [
                {"topic": word(name), "count": _told(found["matters"]["mediation"]["by_topic"][code])}
                for code, name in topics().items()
            ],
            # Where nobody was entered there is nothing to be split up: noughts would say that there are none.
            "council": [{"body": word(body), "members": council["members"][code]} for code, body in bodies().items()]
            if members
            else [],
            "partners": [{"field": word(field), "partners": partners[code]} for code, field in fields().items()]
            if any(partners.values())
            else [],
        },
    )


def _meetings(connection: Connection, asked: Asked) -> int:
    c = council_meeting.c
    held = (c.community == asked.community, c.held >= asked.since, c.held < asked.until)
    return connection.scalar(select(func.count()).select_from(council_meeting).where(*held)) or 0


def _kind(asked: Asked, code: str, rows: object, found: dict[str, Cell]) -> Row:
    kind = kinds()[code]
    own = [row for row in rows if row.kind == code]  # type: ignore[attr-defined]
    of = _few if kind.sealed else int
    return {
        "kind": word(kind),
        "opened": of(sum(asked.since <= row.opened < asked.until for row in own)),
        "done": of(sum(row.state in kind.good and asked.since <= row.since < asked.until for row in own)),
        "open": _told(found["open"]),
        "ended": _told(found["ended"]),
        "good_rate": found["good_rate"],
        "mean_days": found["mean_days"],
    }


def _few(count: int) -> Cell:
    return _told(told(count))


def _told(count: Cell) -> Cell:
    return FEW if count is None else count
