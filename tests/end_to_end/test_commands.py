"""A wrong argument or setting: one clear line on standard error and exit code 2."""

import json
import os
import socket
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.running import Cockpit


@pytest.fixture
def idle(tmp_path: Path) -> Cockpit:
    """A cockpit that nobody starts; its commands work on their own."""
    return Cockpit(tmp_path)


ADD = ("device", "add", "--community", "heling", "--id", "x-1", "--kind", "air")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("fly",), "No such command 'fly'"),
        (("up", "--wings"), "No such option"),
        (("up", "--speed", "fast"), "Invalid value for '--speed'"),
        (("up", "--replay", "--speed", "0"), "0.1"),
        (("device", "add", "--id", "x"), "Missing option '--community'"),
        (("device", "add", "--community", "atlantis", "--id", "x", "--kind", "air"), "no community 'atlantis'"),
        (("device", "add", "--community", "heling", "--id", "X 1", "--kind", "air"), "'X 1'"),
        (("device", "add", "--community", "heling", "--id", "x", "--kind", "dragon"), "'dragon'"),
        ((*ADD, "--lon", "120"), "--lon and --lat go together"),
        ((*ADD, "--lon", "120", "--lat", "95"), "lat 95"),
        ((*ADD, "--lon", "120", "--lat", "29", "--crs", "BEIJING54"), "crs 'BEIJING54'"),
        ((*ADD, "--interval", "0"), "interval"),
        ((*ADD, "--site", "moon"), "'moon'"),
        (("device", "revoke", "nobody"), "'nobody'"),
        (("token", "add", "--role", "king", "--name", "x"), "'king'"),
        (("token", "add", "--role", "admin", "--name", ""), "--name"),
        (("replay", "missing.toml"), "missing.toml"),
        (("ingest",), "COCKPIT_MQTT_URL is not set"),
        (("web",), "COCKPIT_MQTT_URL is not set"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(idle: Cockpit, arguments: tuple[str, ...], says: str) -> None:
    done = idle.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("cockpit: ")
    assert says in lines[0]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("COCKPIT_HTTP_PORT", "eighty", "COCKPIT_HTTP_PORT='eighty'"),
        ("COCKPIT_HTTP_PORT", "70000", "COCKPIT_HTTP_PORT='70000'"),
        ("COCKPIT_LOG_LEVEL", "loud", "COCKPIT_LOG_LEVEL='loud'"),
        ("COCKPIT_SITE_CAPACITY", '{"fangyan": -3}', "COCKPIT_SITE_CAPACITY"),
        ("COCKPIT_DATABASE_URL", "oracle://me:geheim@db/x", "COCKPIT_DATABASE_URL: expected sqlite:///"),
        ("COCKPIT_MQTT_URL", "http://127.0.0.1", "COCKPIT_MQTT_URL"),
        ("COCKPIT_HTTP_HOST", "192.0.2.1", "192.0.2.1"),
        ("COCKPIT_MQTT_HOST", "192.0.2.1", "192.0.2.1"),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_code_2(idle: Cockpit, name: str, value: str, says: str) -> None:
    idle.settings[name] = value
    done = idle.run("up")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert (done.returncode, len(lines)) == (2, 1), done.stderr
    assert says in lines[0]
    assert "geheim" not in done.stderr


def test_a_wrong_settings_file_is_one_line_and_exit_code_2(idle: Cockpit) -> None:
    (idle.folder / "cockpit.toml").write_text("http_prot = 8050\n")
    done = idle.run("up")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cockpit.toml: no setting http_prot; did you mean http_port?" in done.stderr
    (idle.folder / "cockpit.toml").write_text("http_port = [\n")
    done = idle.run("up")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cockpit.toml" in done.stderr


@pytest.mark.parametrize(("port", "what"), [("http", "HTTP"), ("mqtt", "MQTT")])
def test_a_port_in_use_is_named(idle: Cockpit, port: str, what: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", getattr(idle, port)))
        other.listen()
        done = idle.run("up")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert (done.returncode, len(lines)) == (2, 1), done.stderr
    assert f"cannot listen for {what} on 127.0.0.1:{getattr(idle, port)}" in lines[0]
    assert f"COCKPIT_{what}_PORT" in lines[0]


def test_a_data_folder_that_cannot_be_written_is_named(idle: Cockpit) -> None:
    blocked = idle.folder / "a file"
    blocked.touch()
    idle.settings["COCKPIT_DATA_DIR"] = str(blocked / "data")
    done = idle.run("up")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"data folder '{blocked / 'data'}' cannot be written" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_without_permission_is_named(idle: Cockpit) -> None:
    idle.folder.chmod(0o500)
    done = idle.run("device", "list")
    idle.folder.chmod(0o700)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_database_that_is_none_is_named(idle: Cockpit) -> None:
    (idle.folder / "data").mkdir()
    (idle.folder / "data" / "cockpit.db").write_bytes(b"this is no database, it only looks like one" * 100)
    done = idle.run("up")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "not a database" in done.stderr


def test_an_id_is_never_used_twice(idle: Cockpit) -> None:
    assert idle.run(*ADD).returncode == 0
    again = idle.run(*ADD)
    assert again.returncode == 2
    assert "x-1" in again.stderr
    assert idle.run("device", "revoke", "x-1").returncode == 0
    assert idle.run(*ADD).returncode == 2


def test_a_secret_is_stored_only_as_a_hash(idle: Cockpit) -> None:
    made = json.loads(idle.run(*ADD, "--json").stdout)
    token = json.loads(idle.run("token", "add", "--role", "admin", "--name", "t", "--json").stdout)["token"]
    kept = b"".join(file.read_bytes() for file in (idle.folder / "data").iterdir())
    assert made["password"].encode() not in kept
    assert token.encode() not in kept


def test_the_doctor_says_what_is_amiss(cockpit: Cockpit, idle: Cockpit) -> None:
    assert all(check["ok"] for check in cockpit.answer("check")["checks"])
    done = idle.run("check", "--json")
    assert done.returncode == 1
    amiss = {check["check"] for check in json.loads(done.stdout)["checks"] if not check["ok"]}
    assert {"broker", "web"} <= amiss
    assert [one["check"] for one in cockpit.answer("check", "--only", "web")["checks"]] == ["web"]
    assert (idle.run("check", "--only", "roof").returncode, idle.run("check", "--only", "codecs").returncode) == (2, 0)


COMMANDS = ["", "up", "web", "ingest", "replay", "check", "device add", "token add", "db backup", "db restore"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(idle: Cockpit, command: str) -> None:
    done = idle.run(*command.split(), "--help")
    assert done.returncode == 0
    assert "Usage: cockpit" in done.stdout


def test_the_version_and_that_no_backup_is_there_yet_are_said(idle: Cockpit) -> None:
    assert idle.run("--version").stdout == f"cockpit {version('cim-cockpit')}\n"
    assert idle.run("db", "backups").stdout.startswith("none yet at ")


def test_links_are_whole_where_the_public_address_is_known(idle: Cockpit) -> None:
    who = ("user", "add", "--name", "li", "--role", "steward", "--community", "heling")
    assert idle.answer(*who)["link"].startswith("/welcome?token=")
    idle.settings["COCKPIT_PUBLIC_URL"] = "https://cockpit.example:8443"
    assert idle.answer("user", "passwd", "li")["link"].startswith("https://cockpit.example:8443/welcome?token=")
    shown = idle.answer("display", "add", "--name", "hall", "--community", "heling")
    assert shown["link"].startswith("https://cockpit.example:8443/display/")


def test_how_long_what_is_kept_is_told_in_both_languages(idle: Cockpit) -> None:
    idle.settings["COCKPIT_KEEP_READINGS_DAYS"] = "400"
    rows = idle.run("retention", "--lang", "zh-CN").stdout.splitlines()
    assert rows[2].startswith("| 读数 | `reading` | 400 天（COCKPIT_KEEP_READINGS_DAYS） | 否 | ")
    told = idle.run("retention", "--lang", "en").stdout
    assert "| Notices that were read | `notice_read` | as long as: Notices | staff, " in told
    found = {one["table"]: one for one in idle.answer("retention", "--personal")["tables"]}
    assert (found["user_session"]["days"], found["audit"]["days"], found["audit"]["keep"]) == (30, None, "always")
    assert {one["personal"] for one in found.values()} == {"staff", "resident", "maybe"}
