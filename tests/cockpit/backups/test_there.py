"""What is at the target is known to who asks, and a disk that hangs keeps nobody waiting."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cockpit.backups import there
from cockpit.backups.making import Made
from cockpit.backups.targets import Folder
from cockpit.backups.there import There
from cockpit.settings import Settings


def test_what_is_there_is_told_and_what_went_is_not(settings: Settings, back_up: Callable[..., Made]) -> None:
    made, one = back_up(), There(settings)
    assert one.names() == {made.name: made.bytes}
    Path(made.file).unlink()
    assert one.names() == {}


def test_of_a_target_that_is_away_nothing_is_known(settings: Settings) -> None:
    Path(str(settings.backup_target)).rmdir()
    assert There(settings).names() is None


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The target's disk answers nobody."""
    answers = threading.Event()
    monkeypatch.setattr(there, "WAIT_S", 0.05)
    monkeypatch.setattr(Folder, "names", lambda _self: answers.wait(20) and {})
    yield
    answers.set()


@pytest.mark.usefixtures("hanging")
def test_a_disk_that_hangs_holds_one_thread_however_often_it_is_asked_for(settings: Settings) -> None:
    before, one = threading.active_count(), There(settings)
    assert [one.names() for _ in range(4)] == [None] * 4
    assert threading.active_count() == before + 1
