"""How far long work has come is told to whoever asked for it, who may stop it."""

import pytest

from store import far

NAME = "a-name-0001"


def test_whoever_asked_is_told_how_many_rows_are_done_and_nobody_else() -> None:
    with far.watched("user:a", NAME):
        rows = far.counted("writing", range(120))
        seen = [next(rows) for _ in range(60)]
        work = far.of("user:a", NAME)
        assert work is not None
        assert (work.stage, work.done, work.total) == ("writing", 50, 120)
        assert far.of("user:b", NAME) is None
        assert [*seen, *rows] == list(range(120))
        assert (work.done, work.total) == (120, 120)
    assert far.of("user:a", NAME) is None


def test_work_that_is_stopped_ends_at_its_next_step() -> None:
    with far.watched("user:a", NAME):
        rows = far.counted("checking", range(120))
        next(rows)
        assert not far.stop("user:b", NAME)
        assert far.stop("user:a", NAME)
        with pytest.raises(far.Stopped):
            list(rows)
    assert not far.stop("user:a", NAME)


def test_work_that_nobody_looks_at_is_done_all_the_same() -> None:
    assert list(far.counted("writing", range(3))) == [0, 1, 2]
