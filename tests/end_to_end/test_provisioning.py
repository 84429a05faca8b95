"""A thousand devices from a list: all or none, with the faults by line."""

import csv
from pathlib import Path

import pytest

from tests.running import Cockpit, Credentials

HEAD = "id,community,kind,name,lon,lat,crs,interval,site,gateway\n"


@pytest.mark.parametrize(("encoding", "count"), [("utf-8", 1_000), ("utf-8-sig", 20), ("gbk", 20)])
def test_a_thousand_devices_are_registered_at_once(
    own_cockpit: Cockpit, tmp_path: Path, encoding: str, count: int
) -> None:
    rows = ["gw-1,heling,gateway,一号网关,,,,,,\n"]
    rows += [f"smoke-{n},heling,smoke,{n} 号楼烟感,120.1905,28.9285,,300,,gw-1\n" for n in range(1, count)]
    roster, out = tmp_path / "devices.csv", tmp_path / "credentials.csv"
    roster.write_text(HEAD + "".join(rows), encoding=encoding)
    assert own_cockpit.answer("device", "import", str(roster), "--out", str(out))["devices"] == count
    assert out.stat().st_mode & 0o777 == 0o600
    assert b"\r" not in out.read_bytes()
    listed = {d["device"]: d for d in own_cockpit.answer("device", "list")["devices"]}
    assert len(listed) == count
    assert (listed["smoke-19"]["name"], listed["smoke-19"]["area"]) == ("19 号楼烟感", "chenglu")

    own_cockpit.start()
    with out.open(newline="", encoding="utf-8") as lines:
        rows_out = [*csv.DictReader(lines)]
    assert rows_out[7]["telemetry_topic"] == "cim/v1/heling/smoke-7/telemetry"
    gateway = Credentials(*(rows_out[0][name] for name in ("device", "username", "password")), topic="")
    topic = rows_out[7]["telemetry_topic"]
    assert own_cockpit.publish(gateway, "telemetry", {"smoke": False}, topic=topic) == 0
    assert own_cockpit.readings("smoke-7", "smoke")[0]["value"] is False


def test_one_bad_line_registers_nothing_and_every_fault_is_named(own_cockpit: Cockpit, tmp_path: Path) -> None:
    own_cockpit.add_device("air-1")
    roster, out = tmp_path / "devices.csv", tmp_path / "credentials.csv"
    roster.write_text(
        HEAD
        + "air-2,heling,air,,,,,,,\n"
        + "air-1,heling,air,,,,,,,\n"
        + "air-3,heling,toaster,,,,,,,\n"
        + "air-4,heling,air,,28.9,120.2,,,,\n"
        + "air-5,heling,air,,,,,,,gw-9\n"
    )
    done = own_cockpit.run("device", "import", str(roster), "--out", str(out))
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert [line.split(":")[2] for line in lines[:-1]] == ["3", "4", "5", "6"]
    for line, why in zip(lines, ("registered already", "'toaster'", "lat 120.2", "gateway 'gw-9'"), strict=False):
        assert why in line
    assert "4 faults, nothing was registered" in lines[-1]
    assert [d["device"] for d in own_cockpit.answer("device", "list")["devices"]] == ["air-1"]
    assert not out.exists()


def test_a_gate_that_would_count_nowhere_is_pointed_out(own_cockpit: Cockpit) -> None:
    done = own_cockpit.run("device", "add", "--community", "heling", "--id", "gate-1", "--kind", "gate")
    assert done.returncode == 0
    assert "note: gate-1 counts for no site" in done.stderr


def test_a_revoked_device_is_told_apart_from_one_that_never_was(own_cockpit: Cockpit) -> None:
    own_cockpit.add_device("air-1")
    assert own_cockpit.run("device", "revoke", "air-1").returncode == 0
    assert "air-1 was revoked" in own_cockpit.run("device", "revoke", "air-1").stderr
    assert "no registered device 'air-9'" in own_cockpit.run("device", "revoke", "air-9").stderr


def test_a_command_that_makes_a_database_says_where(own_cockpit: Cockpit) -> None:
    done = own_cockpit.run("device", "list")
    assert f"note: made a new database, {own_cockpit.data.resolve()}/cockpit.db" in done.stderr
    assert "COCKPIT_DATA_DIR" in done.stderr
    assert own_cockpit.run("device", "list").stderr == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"id,kind\n", ":1: column 'community' is missing"),
        (b"id,community,kind,colour\n", ":1: column 'colour' is unknown"),
        (HEAD.encode() + b"a,heling,air\n", ":2: 10 columns expected"),
        (HEAD.encode() + b"a,heling,air,,x,1,,,,\n", ":2: lon 'x' is not a number"),
        (HEAD.encode() + b"a,heling,air,,,,,,,\na,heling,air,,,,,,,\n", ":3: id 'a' stands on line 2 already"),
        (b"id,community,kind\na,\xff\xff,air\n", ":1: neither UTF-8 nor GBK"),
    ],
)
def test_a_list_that_is_none_says_where(own_cockpit: Cockpit, tmp_path: Path, text: bytes, why: str) -> None:
    roster = tmp_path / "devices.csv"
    roster.write_bytes(text)
    done = own_cockpit.run("device", "import", str(roster), "--out", str(tmp_path / "out.csv"))
    assert done.returncode == 2
    assert why in done.stderr


def test_a_position_of_a_chinese_map_that_was_not_declared_so_is_pointed_out(own_cockpit: Cockpit) -> None:
    def add(device: str, *more: str) -> str:
        place = ["--lon", "120.19513", "--lat", "28.92571"]  # 橙麓 as a phone's map shows it
        base = ["device", "add", "--community", "heling", "--id", device, "--kind", "air"]
        done = own_cockpit.run(*base, *place, *more)
        assert done.returncode == 0
        return done.stderr

    own_cockpit.run("device", "list")  # which makes the database, and says so
    told = add("air-1")
    assert told == (
        "cockpit: note: 120.19513, 28.92571 lies in no area of heling, but in one if it is GCJ02: check --crs\n"
    )
    assert add("air-2", "--crs", "GCJ02") == ""
