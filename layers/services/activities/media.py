"""What stands behind the register ``media``: a photo a row, kept only while those who are on it agree.

Everybody sees what is agreed to and said to be shown, as both stand now, whatever time is asked for. Where the
consent is withdrawn, or the row void, the picture itself is gone; its digest stays.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from geo.ground import place
from layers.problem import Problem
from layers.roles import Actor
from layers.services.activities import found
from layers.services.activities.places import ACTIVITIES
from layers.services.activities.tables import media_photo
from layers.services.registers import queries
from layers.services.registers.behind import Behind, Row, Writing
from layers.services.registers.tables import register_row, register_value
from store import audit
from store.instant import Instant, now
from store.language import Word, in_all, say
from store.seal import Seal

MEDIA = "media"
LAYERS = {"room": "rooms", "site": "sites", "facility": "facilities"}


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A picture and what names its content."""

    jpeg: bytes
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A page of the wall: ``is_all`` for who keeps it, else what everybody may see; ``after``: the last one before."""

    community: str
    is_all: bool
    at: Instant | None
    after: tuple[str, int] | None
    limit: int


class Media(Behind):
    """A photo of an activity."""

    def settle(self, connection: Connection, writing: Writing, row: Row) -> None:
        """Take the picture away that nobody agrees to any more."""
        if writing.before is not None and (row.is_voided or row.values.get("consent") is not True):
            connection.execute(update(media_photo).where(media_photo.c.row_id == row.id).values(jpeg=None))


def keep(connection: Connection, seal: Seal, community: str, number: int, jpeg: bytes, actor: Actor) -> bool:
    """Keep the photo of a row; whether it came now. The same one sent twice is kept once.

    Raises
    ------
    Problem
        404 where there is no such row, 409 where it is void, has another photo, or nobody agreed.
    """
    row = queries.standing(connection, seal, community, MEDIA, number)
    if row is None:
        raise Problem(404, "not found", f"no row {number} in {MEDIA!r} of {community!r}")
    if row.is_voided:
        raise Problem(409, "voided", say("编号 {number} 已作废，不能再改", number=number), seq=row.seq)
    if row.values.get("consent") is not True:
        raise Problem(409, "no consent", say("画面中的人没有同意，照片不能保存"))
    digest = hashlib.sha256(jpeg).hexdigest()
    known = connection.execute(select(media_photo).where(media_photo.c.row_id == number)).one_or_none()
    if known is not None and known.jpeg is not None:
        if known.sha256 == digest:
            return False
        raise Problem(409, "photo known already", say("这一行已有照片；换一张请作废后另登记一行"))
    content = {"at": now(), "actor": actor.label, "sha256": digest, "jpeg": jpeg}
    if known is None:
        connection.execute(insert(media_photo).values(content | {"row_id": number}))
    else:
        connection.execute(update(media_photo).where(media_photo.c.row_id == number).values(content))
    audit.record(connection, actor.label, "media.photo", f"{MEDIA}/{number}", {"sha256": digest})
    return True


def photo(connection: Connection, seal: Seal, community: str, number: int, is_all: bool) -> Photo | None:
    """The photo of a row, as whoever asks may see it."""
    row = queries.row(connection, seal, community, MEDIA, number)
    if row is None or not (is_all or is_public(row)):
        return None
    known = connection.execute(select(media_photo).where(media_photo.c.row_id == number)).one_or_none()
    return None if known is None or known.jpeg is None else Photo(jpeg=known.jpeg, sha256=known.sha256)


def is_public(row: Row) -> bool:
    """Whether everybody may see a photo."""
    return not row.is_voided and row.values.get("consent") is True and row.values.get("shown") is True


def wall(connection: Connection, seal: Seal, asked: Asked) -> list[dict[str, Any]]:
    """The photos of a page of the wall, the newest day first."""
    rows = _page(connection, seal, asked) if asked.at is None else _past(connection, seal, asked)
    having = set(_having(connection, [row.id for row in rows]))
    numbers = {int(str(row.values["activity"])) for row in rows if row.values.get("activity")}
    activities = found.by_number(connection, seal, asked.community, ACTIVITIES, numbers, asked.at)
    return [_told(row, activities, row.id in having, asked) for row in rows]


def _page(connection: Connection, seal: Seal, asked: Asked) -> list[Row]:
    day = register_value.alias()
    query = (
        queries.of(asked.community, MEDIA)
        .join(day, (day.c.row_id == register_row.c.id) & (day.c.field == "day"))
        .where(~register_row.c.voided)
        .order_by(day.c.text.desc(), register_row.c.id.desc())
        .limit(asked.limit)
    )
    if asked.after is not None:
        last, number = asked.after
        query = query.where((day.c.text < last) | ((day.c.text == last) & (register_row.c.id < number)))
    if not asked.is_all:
        query = query.join(media_photo, media_photo.c.row_id == register_row.c.id)
        query = query.where(media_photo.c.jpeg.is_not(None))
        for code in ("consent", "shown"):
            value = register_value.alias()
            is_so = (value.c.row_id == register_row.c.id) & (value.c.field == code) & (value.c.text == "true")
            query = query.join(value, is_so)
    return [queries.row_of(seal, one) for one in connection.execute(query)]


def _past(connection: Connection, seal: Seal, asked: Asked) -> list[Row]:
    """As it was at a time, but for what may be seen no more."""
    then = [
        row for row in queries.rows_at(connection, None, asked.community, MEDIA, asked.at or 0) if not row.is_voided
    ]
    if not asked.is_all:
        still = queries.rows(connection, seal, asked.community, MEDIA, (row.id for row in then if is_public(row)))
        having = set(_having(connection, list(still), asked.at))
        then = [row for row in then if row.id in having and is_public(row) and is_public(still[row.id])]
    ordered = sorted(then, key=_place, reverse=True)
    return [row for row in ordered if asked.after is None or _place(row) < asked.after][: asked.limit]


def _place(row: Row) -> tuple[str, int]:
    return str(row.values.get("day") or ""), row.id


def _having(connection: Connection, numbers: list[int], at: Instant | None = None) -> Iterable[int]:
    c = media_photo.c
    query = select(c.row_id).where(c.row_id.in_(numbers), c.jpeg.is_not(None))
    return connection.scalars(query if at is None else query.where(c.at <= at))


def _told(row: Row, activities: dict[int, Row], has_photo: bool, asked: Asked) -> dict[str, Any]:
    number = row.values.get("activity")
    activity = activities.get(number) if isinstance(number, int) else None
    told = {
        "id": row.id,
        "title": row.values.get("title"),
        "day": row.values.get("day"),
        "activity": activity.values.get("title") if activity else None,
        **in_all("place", _where(asked.community, row)),
        "photo": has_photo,
    }
    if asked.is_all:
        told |= {"consent": row.values.get("consent"), "shown": row.values.get("shown")}
    return told


def _where(community: str, row: Row) -> Word:
    of_ground = (place(community, layer, str(row.values.get(code))) for code, layer in LAYERS.items())
    return next((Word(one.name, one.name_en or one.name) for one in of_ground if one), Word("", ""))


BEHIND = Media()
