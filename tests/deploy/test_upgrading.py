"""An upgrade, its way back, and a power cut anywhere in either: nothing that was acknowledged is lost."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.thorough import usually

HERE = Path(__file__).parent
BUNDLE = HERE.parents[1] / "deploy" / "bundle"
KILLED = -9


@dataclass
class Machine:
    """A machine on which 0.1 runs, and 0.2 is installed."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("opt/0.1", "opt/0.2", "data"):
            (self.folder / name).mkdir(parents=True)
        for name in ("0.1", "0.2"):
            (self.folder / "opt" / name / "installed").touch()
        (self.folder / "opt" / "current").symlink_to("0.1")
        (self.folder / "db").write_text("1\nmessage 1, taken by 0.1\n")
        (self.folder / "acknowledged").write_text("message 1, taken by 0.1\n")
        (self.folder / "up").write_text("0.1 open\n")
        (self.folder / "files").write_text("1\n")
        (self.folder / "commands").touch()

    def install(self, **given: str) -> subprocess.CompletedProcess[str]:
        """Run the file of 0.2; ``CUT``: so many steps, then the power goes."""
        command = ["sh", HERE / "machine.sh", self.folder, BUNDLE]
        # A group of its own, which is what is killed.
        return subprocess.run(
            command, env=os.environ | given, capture_output=True, text=True, check=False, start_new_session=True
        )

    def after_a_cut(self, **given: str) -> subprocess.CompletedProcess[str]:
        """The power comes back, what is enabled begins, and somebody runs the file again."""
        (self.folder / "up").unlink(missing_ok=True)
        return self.install(AFTER_A_CUT="1", **given)

    @property
    def version(self) -> str:
        """The one that counts."""
        return os.readlink(self.folder / "opt" / "current")

    def lines(self, name: str) -> list[str]:
        """Of one of its files; none where there is none."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    @property
    def lost(self) -> set[str]:
        """What was acknowledged and is in no database that counts."""
        return set(self.lines("acknowledged")) - set(self.lines("db"))

    def check_whole(self) -> None:
        """It runs open, with the database of its version, and no mark of an upgrade is left."""
        assert self.lines("up") == [f"{self.version} open"]
        schema = "1" if self.version == "0.1" else "2"
        assert (self.lines("db")[0], self.lines("files")) == (schema, [schema])
        assert not (self.folder / "opt" / "upgrading").exists()
        assert not (self.folder / "data" / "closed-for-upgrade").exists()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """It runs."""
    return Machine(tmp_path)


def test_what_is_well_is_opened_and_only_then_takes_messages(machine: Machine) -> None:
    done = machine.install()
    assert done.returncode == 0, done.stderr
    assert machine.version == "0.2"
    machine.check_whole()
    assert machine.lines("acknowledged")[1:] == ["message 2, taken by 0.2"]
    assert "0.2 is in place; the backup of before: " in done.stdout


@pytest.mark.parametrize("broken", ["always", "migration"])
def test_what_does_not_come_up_is_taken_back_and_nothing_is_lost(machine: Machine, broken: str) -> None:
    done = machine.install(BROKEN=broken)
    assert (done.returncode, machine.version, machine.lost) == (1, "0.1", set())
    assert "0.1 runs again, with its data of before" in done.stderr
    machine.check_whole()


def test_once_it_was_open_nothing_goes_back_by_itself(machine: Machine) -> None:
    done = machine.install(BROKEN="open")
    assert (done.returncode, machine.version) == (1, "0.2")
    assert "nothing goes back by itself" in done.stderr
    assert not any("db restore /" in one for one in machine.lines("commands"))
    again = machine.install()
    assert (again.returncode, machine.lost) == (0, set())
    machine.check_whole()


@pytest.mark.parametrize("broken", ["backup", "away"])
def test_where_it_could_not_be_taken_back_nothing_is_changed(machine: Machine, broken: str) -> None:
    done = machine.install(BROKEN=broken)
    assert (done.returncode, "so nothing was changed; 0.1 runs on" in done.stderr) == (1, True)
    assert not any(one.endswith("db upgrade") for one in machine.lines("commands"))
    machine.check_whole()


def test_with_a_backup_of_ones_own_the_way_back_waits_for_it(machine: Machine) -> None:
    before = (machine.folder / "db").read_text()
    done = machine.install(BROKEN="always", BACKED_UP="1")
    assert (done.returncode, "put your own back, and run this file again" in done.stderr) == (1, True)
    assert machine.lines("up") == []
    (machine.folder / "db").write_text(before)
    again = machine.install(BACKED_UP="1")
    assert again.returncode == 0, again.stderr
    assert (machine.version, machine.lost) == ("0.2", set())
    machine.check_whole()


def test_a_backup_is_never_put_over_what_came_after_it_was_made(machine: Machine) -> None:
    """Cut off before anything was changed; the old version works on for days, somebody opens it, and brings it on."""
    cut = next(
        number
        for number in range(1, 100)
        if machine.install(CUT=str(number)).returncode == KILLED
        and machine.lines("opt/upgrading")[:1] == ["stage=changing"]
    )
    assert cut
    (machine.folder / "data" / "closed-for-upgrade").unlink()
    (machine.folder / "db").write_text("2\nmessage 1, taken by 0.1\nof days after\n")
    done = machine.after_a_cut()
    assert (done.returncode, "Nothing was put back" in done.stderr) == (1, True)
    assert "of days after" in machine.lines("db")
    assert not any("db restore /" in one for one in machine.lines("commands"))


@pytest.mark.parametrize("broken", ["", "always", "open"])
@pytest.mark.parametrize("again", ["after a cut", "at once"])
def test_a_power_cut_anywhere_loses_nothing_and_the_file_run_again_ends_it(
    tmp_path: Path, broken: str, again: str
) -> None:
    for cut in range(1, 200, usually(9, 1)):
        machine = Machine(tmp_path / str(cut))
        done = machine.install(CUT=str(cut), BROKEN=broken)
        if done.returncode != KILLED:
            assert cut > 20
            return
        assert machine.lost == set(), cut
        run = machine.after_a_cut if again == "after a cut" else machine.install
        # While it is mended the power goes once more.
        mended = run(BROKEN=broken, CUT=str(1 + cut * 7 % 30))
        assert machine.lost == set(), cut
        if mended.returncode == KILLED:
            mended = run(BROKEN=broken)
        assert machine.lost == set(), cut
        if broken == "open" and machine.version == "0.2":
            assert (mended.returncode, "0.2 open") == (1, *machine.lines("up")), cut
        else:
            assert mended.returncode == (1 if broken else 0), (cut, mended.stderr)
            machine.check_whole()
    raise AssertionError("it never came to its end")
