"""What reports tell of governance: matters by kind, the hard matters of the month, council, meetings, partners."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection, func, select

from layers.governance import matters
from layers.governance.figures import totals
from layers.governance.rules import bodies, fields, kinds, topics
from layers.governance.tables import council_meeting
from layers.sections import NO_DATA, NOT_CONFIGURED, Asked, Cell, Part, Row, Told, parts_of, word

FEWEST = 5
"""A total of fewer mediations than this, by topic, could name who was in them."""


@cache
def sections() -> Mapping[str, Part]:
    """The sections of this layer."""
    return parts_of(__package__ or "", {"governance": governance})


def governance(connection: Connection, asked: Asked) -> Told:
    """Totals as ``GET /governance`` tells them for the end of the period; of mediations numbers only."""
    at = asked.until - 1
    found = totals(connection, asked.community, at)
    rows = connection.execute(matters.with_state(asked.community, at)).all()
    hard, council = found["hard"], found["council"]
    members = sum(council["members"].values())
    ended = [row for row in rows if asked.since <= row.since < asked.until]
    told: dict[str, Cell] = {
        "hard_solved": hard["solved"],
        "hard_wanted": hard["wanted"],
        "hard_open": hard["open"],
        "hard_overdue": hard["overdue"],
        "mediations_ended": sum(row.kind == "mediation" and row.state == "ended" for row in ended),
        "meetings": _meetings(connection, asked),
        "attendance": NO_DATA if council["attendance_rate"] is None else council["attendance_rate"],
        "members": members or NOT_CONFIGURED,
        "partners": sum(found["partners"]["by_field"].values()) or NOT_CONFIGURED,
        "grids": found["grids"]["with_steward"] if found["grids"]["all"] else NOT_CONFIGURED,
    }
    return Told(
        figures=told,
        tables={
            "matters": [_kind(asked, code, rows, found["matters"][code]) for code in kinds()],
            "topics": _topics(found["matters"]["mediation"].get("by_topic", {})),
            "council": [{"body": word(body), "members": council["members"][code]} for code, body in bodies().items()],
            "partners": [
                {"field": word(field), "partners": found["partners"]["by_field"][code]}
                for code, field in fields().items()
            ],
        },
    )


def _meetings(connection: Connection, asked: Asked) -> int:
    c = council_meeting.c
    held = (c.community == asked.community, c.held >= asked.since, c.held < asked.until)
    return connection.scalar(select(func.count()).select_from(council_meeting).where(*held)) or 0


def _kind(asked: Asked, code: str, rows: object, found: dict[str, Cell]) -> Row:
    kind = kinds()[code]
    own = [row for row in rows if row.kind == code]  # type: ignore[attr-defined]
    return {
        "kind": word(kind),
        "opened": sum(asked.since <= row.opened < asked.until for row in own),
        "done": sum(row.state in kind.good and asked.since <= row.since < asked.until for row in own),
        "open": found["open"],
        "ended": found["ended"],
        "good_rate": found["good_rate"],
        "mean_days": found["mean_days"],
    }


def _topics(by_topic: Mapping[str, int]) -> list[Row]:
    """Mediations by topic; none at all where one has so few that it could name who was in them."""
    if any(0 < count < FEWEST for count in by_topic.values()):
        return []
    return [{"topic": word(name), "count": by_topic.get(code, 0)} for code, name in topics().items()]
