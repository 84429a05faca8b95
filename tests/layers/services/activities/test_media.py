"""The wall of photos: everybody sees what is agreed to and shown, and nothing else, whatever time is asked for."""

import pytest
from sqlalchemy import Engine, select

from layers.problem import Problem
from layers.services.activities import media
from layers.services.activities.media import Asked
from layers.services.activities.tables import media_photo
from layers.services.registers.behind import Row
from store.engine import writing
from store.instant import Instant, now
from tests.layers.services.activities.test_activities import activity, by
from tests.layers.services.registers import CLERK, COMMUNITY, SEAL, add, change, void


def row(engine: Engine, day: str = "2026-11-20", **more: object) -> Row:
    given = {"title": "茶会合影", "day": day, "consent": True, "shown": True, "facility": "hugong"} | more
    return add(engine, by("media"), **given)


def keep(engine: Engine, of: Row, jpeg: bytes = b"jpeg") -> bool:
    with writing(engine) as connection:
        return media.keep(connection, SEAL, COMMUNITY, of.id, jpeg, CLERK)


def seen(engine: Engine, is_all: bool = False, at: Instant | None = None, limit: int = 1_000) -> list[int]:
    asked = Asked(community=COMMUNITY, is_all=is_all, at=at, after=None, limit=limit)
    with engine.connect() as connection:
        return [one["id"] for one in media.wall(connection, SEAL, asked)]


def photo(engine: Engine, of: Row, is_all: bool = False) -> bytes | None:
    with engine.connect() as connection:
        found = media.photo(connection, SEAL, COMMUNITY, of.id, is_all)
    return found.jpeg if found else None


def test_everybody_sees_photos_that_are_agreed_to_and_shown_the_newest_first(engine: Engine) -> None:
    tea = activity(engine)
    old, new = row(engine, "2026-11-01"), row(engine, "2026-11-25", activity=tea.id)
    hidden, bare = row(engine, shown=False), row(engine)
    for one in (old, new, hidden):
        assert keep(engine, one)
    assert not keep(engine, new), "sent twice, kept once"
    assert seen(engine) == [new.id, old.id]
    assert seen(engine, limit=1) == [new.id]
    assert seen(engine, is_all=True) == [new.id, bare.id, hidden.id, old.id]
    assert (photo(engine, new), photo(engine, hidden), photo(engine, hidden, is_all=True)) == (b"jpeg", None, b"jpeg")
    asked = Asked(community=COMMUNITY, is_all=False, at=None, after=("2026-11-25", new.id), limit=9)
    with engine.connect() as connection:
        (told,) = media.wall(connection, SEAL, asked)
    assert (told["id"], told["place"], "consent" in told) == (old.id, "胡公馆", False)


def test_without_consent_no_photo_is_kept_and_with_it_withdrawn_it_is_gone_for_all_times(engine: Engine) -> None:
    with pytest.raises(Problem, match="没有同意"):
        keep(engine, row(engine, consent=False))
    agreed, other = row(engine), row(engine)
    keep(engine, agreed)
    keep(engine, other)
    before = now()
    assert seen(engine, at=before) == [other.id, agreed.id]
    agreed = change(engine, by("media"), agreed, consent=False)
    void(engine, by("media"), other)
    for at in (None, before):
        assert seen(engine, at=at) == []
    assert photo(engine, agreed, is_all=True) is None
    with engine.connect() as connection:
        numbers = [agreed.id, other.id]
        kept = connection.execute(select(media_photo).where(media_photo.c.row_id.in_(numbers))).all()
    assert [(one.jpeg, len(one.sha256)) for one in kept] == [(None, 64)] * 2
    with pytest.raises(Problem, match="已作废"):
        keep(engine, other)
    keep(engine, change(engine, by("media"), agreed, consent=True), b"other")
    assert photo(engine, agreed) == b"other"
    with pytest.raises(Problem, match="已有照片"):
        keep(engine, agreed)
