"""``cockpit check`` finds what is wrong with an installation: what, where, and what to do."""

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert, text

from cockpit.backups import kept
from cockpit.backups.tables import database_backup
from cockpit.checks import backups, declared, history, machine, network, stores, units
from cockpit.checks.finding import Amiss, Finding, results
from cockpit.checks.table import CHECKS
from cockpit.reports import fonts
from cockpit.sealing import seal
from cockpit.settings import NAMED_FILE, Settings
from sensors.readings.archive import claiming, parts, rounds
from sensors.readings.archive.lateness import note_late
from store import seal_keys
from store.databases import Databases
from store.engine import writing
from store.instant import HOUR, now
from store.notices import push_key
from store.seal import fingerprints, seal_of
from tests.database import new_database

GIB = 1 << 30


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(NAMED_FILE, raising=False)
    monkeypatch.chdir(tmp_path)


def only(found: pytest.ExceptionInfo[Amiss]) -> Finding:
    """The one thing that was found; each says where, and what to do."""
    [one] = found.value.findings
    assert one.where
    assert one.todo
    return one


def found(probe: Callable[..., Any], *given: Any) -> Finding:
    """What a probe finds amiss."""
    with pytest.raises(Amiss) as amiss:
        probe(*given)
    return only(amiss)


@pytest.fixture
def answering() -> Iterator[Callable[[int, dict[str, Any]], str]]:
    """A server on loopback that answers everything alike."""
    servers: list[HTTPServer] = []

    def start(status: int, body: dict[str, Any]) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_said: Any) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Answer))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for one in servers:
        one.shutdown()
        one.server_close()


def test_every_check_is_tried_here() -> None:
    tried = Path(__file__).read_text(encoding="utf-8")
    probes = {probe: f"{probe.__module__.rpartition('.')[2]}.{probe.__name__}" for probe in CHECKS.values()}
    elsewhere = {"each_community", "codecs", "offline_map", "foreign_files"}
    """What these refuse ends every command; tests of settings and communities try it."""
    assert [name for probe, name in probes.items() if name not in tried and probe.__name__ not in elsewhere] == []


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    assert found(stores.data_folder, settings).what.startswith("not started yet")
    assert not settings.data_dir.exists()
    settings.data_dir.mkdir()
    for free, is_wrong in ((GIB // 2, True), (9 * GIB, True), (17 * GIB, False)):
        usage = SimpleNamespace(total=100 * GIB, free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder, usage=usage: usage)
        one = found(stores.data_folder, settings)
        assert (one.is_wrong, one.where) == (is_wrong, str(tmp_path / "data"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(total=100 * GIB, free=50 * GIB))
    assert "50 GiB free" in stores.data_folder(settings)


def test_a_folder_that_the_units_may_not_write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = units.STATE / "data"
    own_alone = Settings(data_dir=own, backup_target=str(units.STATE / "backups"))
    elsewhere = Settings(
        data_dir=own, backup_target="/mnt/nas/cim", community_databases={"tahai": "sqlite:////srv/tahai/one.db"}
    )
    assert units.drop_in(own_alone) == ""
    assert units.drop_in(elsewhere).endswith(
        '[Service]\nReadWritePaths="-/mnt/nas/cim"\nReadWritePaths="-/srv/tahai"\n'
    )
    assert units.written(Settings(data_dir=own, backup_target="s3://bucket/cim", backup_s3_endpoint="http://a")) == []
    monkeypatch.setattr(units, "SYSTEMD", tmp_path / "nowhere")
    assert units.units(elsewhere) == "systemd does not run here"
    monkeypatch.setattr(units, "SYSTEMD", tmp_path)
    said = "Id=cim-cockpit.service\nProtectSystem=strict\nReadWritePaths={}\n"
    monkeypatch.setattr(units, "shown", lambda: said.format("-/srv"))
    assert units.units(own_alone)
    one = found(units.units, elsewhere)
    assert (one.what, one.where) == ("it may not write /mnt/nas/cim, though by hand it works", "cim-cockpit.service")
    assert one.todo.startswith("sh /opt/cim-cockpit/current/let-write.sh")
    monkeypatch.setattr(units, "shown", lambda: said.format("-/srv -/mnt/nas/cim"))
    assert "/mnt/nas/cim" in units.units(elsewhere)
    assert found(units.units, Settings(data_dir=own, backup_target="/home/cim")).where == "/home/cim"


def test_data_and_secrets_that_everybody_may_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", seal_key_file=tmp_path / "data" / "seal.key")
    settings.data_dir.mkdir(mode=0o700)
    seal_of(settings.seal_key)
    assert machine.permissions(settings)
    monkeypatch.setattr(machine, "is_open", lambda path: path.stat().st_mode & machine.OTHERS)
    settings.seal_key.chmod(0o644)
    one = found(machine.permissions, settings)
    assert (one.is_wrong, one.todo) == (True, f"chmod o-rwx {settings.seal_key}")


def test_a_folder_that_nobody_else_reaches_is_nobody_elses(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir(mode=0o755)
    tmp_path.chmod(0o700)
    assert not machine.is_open(inner)
    assert machine.is_open(Path("/etc/hostname"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_data_that_root_made(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    os.chown(data, 12_345, 12_345)
    (data / "cockpit.db-wal").touch()
    one = found(machine.permissions, Settings(data_dir=data))
    assert one.what.startswith("cockpit.db-wal")
    assert "chown" in one.todo


def test_a_database_that_lacks_migrations(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    one = found(stores.databases, settings)
    assert (one.is_wrong, one.what.partition(":")[0]) == (False, "not started yet")
    assert list(tmp_path.iterdir()) == []
    assert history.archived_months(settings) == "no month is archived yet"
    engine = new_database(tmp_path)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0040'"))
    one = found(stores.databases, settings)
    assert (one.is_wrong, one.todo) == (True, "back up, then cockpit db upgrade")


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    engine = new_database(tmp_path)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    one = found(stores.databases, Settings(data_dir=tmp_path))
    assert one.what == "of a newer version of the cockpit (schema 9999)"


def test_a_database_whose_clock_is_not_ours() -> None:
    def server(ahead_s: float) -> Any:
        class Connection:
            def __enter__(self) -> "Connection":
                return self

            def __exit__(self, *_: object) -> None:
                pass

            def scalar(self, _query: object) -> float:
                return time.time() + ahead_s

        url = SimpleNamespace(render_as_string=lambda hide_password: "postgresql://there/it")
        return SimpleNamespace(connect=Connection, url=url)

    stores.check_clock("", server(0.5))
    one = found(stores.check_clock, "heling: ", server(-90))
    assert one.what == "heling: its clock is -90 s from this machine's"


def test_a_key_of_the_seal_that_is_gone_or_no_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert "is made at the next start" in stores.seal_key(settings)
    engine = new_database(tmp_path)
    seal(settings, Databases(engine))
    [needed] = fingerprints(settings.seal_key)
    assert f"1 key ({needed})" in stores.seal_key(settings)
    settings.seal_key.unlink()
    assert "is made at the next start" in stores.seal_key(settings)
    with writing(engine) as connection:
        connection.execute(insert(push_key).values(community="heling", secret=b"sealed", created=1))
    assert found(stores.seal_key, settings).what == f"what is sealed needs the key {needed}; no key is there"
    seal_of(settings.seal_key)
    [other] = fingerprints(settings.seal_key)
    one = found(stores.seal_key, settings)
    assert (one.is_wrong, one.what) == (True, f"what is sealed needs the key {needed}; there: {other}")
    with writing(engine) as connection:
        seal_keys.give_up(connection, needed)
    one = found(stores.seal_key, settings)
    assert (one.is_wrong, one.what) == (False, f"what {needed} sealed is locked: that key was given up")
    settings.seal_key.write_text("no key\n", encoding="utf-8")
    assert str(settings.seal_key) in found(stores.seal_key, settings).where


def test_a_backup_that_is_old_failed_or_was_never_made(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert not found(backups.backup, settings).is_wrong
    engine = new_database(tmp_path)
    with writing(engine) as connection:
        kept.note(connection, "backups", "tests", "one.backup", 1, 1)
    assert backups.backup(settings).startswith("the newest is 0 h old")
    for hours, is_wrong in ((40, False), (100, True)):
        with writing(engine) as connection:
            connection.execute(database_backup.update().values(ended=now() - hours * HOUR))
        one = found(backups.backup, settings)
        assert (one.is_wrong, one.what) == (is_wrong, f"the newest is {hours} h old")
    with writing(engine) as connection:
        kept.lost(connection, "there", "gone")
        connection.execute(database_backup.update().values(ended=now()))
    assert found(backups.backup, settings).what == "1 failed since the newest that was made: gone"


def test_archived_months_that_are_not_there_or_are_not_archived(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    engine = new_database(tmp_path)
    engine.update_execution_options(cockpit_archive=settings.archive(settings.database))
    assert history.archived_months(settings) == "no month is archived yet"
    with writing(engine) as connection:
        parts.add(connection, 0, "readings-1970-01-0.parquet", 1, 1, 1)
    file = settings.archive(settings.database) / "readings-1970-01-0.parquet"
    one = found(history.archived_months, settings)
    assert (one.where, one.is_wrong) == (str(file.parent), True)
    file.parent.mkdir(parents=True)
    file.touch()
    assert "not what was written" in found(history.archived_months, settings).what
    file.write_bytes(b"P")
    assert history.archived_months(settings) == "1 file"
    mark = file.parent / rounds.NAME
    mark.write_text(f"{file.name}\n")
    assert found(history.archived_months, settings).is_wrong
    mark.unlink()
    aside = file.parent.with_name(f"{file.parent.name}{claiming.ASIDE}20261127T000000Z")
    aside.mkdir()
    one = found(history.archived_months, settings)
    assert (one.where, one.is_wrong) == (str(aside), False)
    aside.rmdir()
    note_late(engine)
    assert not found(history.archived_months, settings).is_wrong
    engine.dispose()


def test_a_calendar_that_ends_with_the_year() -> None:
    assert [one.check for one in results("calendar", declared.calendar, Settings())] == ["calendar"]
    assert "end of 2027" in declared.known_until(2027, date(2026, 12, 1))
    assert "end of 2026" in declared.known_until(2026, date(2026, 11, 1))
    assert not found(declared.known_until, 2026, date(2026, 12, 1)).is_wrong
    one = found(declared.known_until, 2026, date(2027, 1, 1))
    assert (one.is_wrong, one.what) == (True, "holidays of 2027 are not known")
    one = found(declared.known_until, 2026, date(2026, 12, 1), 1)
    assert one.what == "holidays of 2027 are not known yet: 1 of at least 13 days are listed"


def test_a_clock_that_nobody_sets() -> None:
    assert not found(machine.synchronised, machine.UNSYNCHRONISED).is_wrong
    assert machine.synchronised(0) == "follows a time server"
    # A container may not ask.
    assert machine.synchronised(-1) == "this machine does not say"
    assert [one.check for one in results("clock", machine.clock, Settings())] == ["clock"]


def test_no_font_with_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_named: Path | None) -> None:
        raise fonts.NoFont("no font with Chinese")

    monkeypatch.setattr(fonts, "font", none)
    assert "fonts-noto-cjk" in found(machine.font, Settings()).todo


def test_a_broker_and_pages_that_do_not_answer(answering: Callable[[int, dict[str, Any]], str]) -> None:
    nowhere = Settings(http_port=1, mqtt_port=1)
    assert "systemctl start cim-cockpit" in found(network.broker, nowhere).todo
    assert found(network.web, nowhere).what.startswith("no answer")
    port = int(answering(503, {"status": "not ready"}).rpartition(":")[2])
    one = found(network.web, Settings(http_port=port))
    assert one.what == 'says 503: {"status": "not ready"}'
    port = int(answering(503, {"status": "closed"}).rpartition(":")[2])
    closed = found(network.web, Settings(http_port=port))
    assert (closed.is_wrong, "takes nothing" in closed.what) == (False, True)


def test_a_broker_that_no_other_machine_reaches_is_to_be_looked_at() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        one = found(network.broker, Settings(mqtt_port=port))
        assert (one.is_wrong, one.where, "this machine only" in one.what) == (False, "COCKPIT_MQTT_HOST", True)
        assert "COCKPIT_MQTT_CERTIFICATE" in one.todo
        for open_to_others in ({"mqtt_host": "0.0.0.0"}, {"mqtt_url": f"mqtt://127.0.0.1:{port}"}):
            assert network.broker(Settings(mqtt_port=port, **open_to_others)).endswith("answers")


def test_a_proxy_that_nobody_named(answering: Callable[[int, dict[str, Any]], str]) -> None:
    where = "COCKPIT_TRUSTED_PROXIES"
    nobody_else = found(network.proxies, Settings(http_port=1))
    assert (nobody_else.is_wrong, nobody_else.where) == (False, "COCKPIT_PUBLIC_URL")
    assert "this machine only" in nobody_else.what
    assert where in nobody_else.todo
    assert network.proxies(Settings(http_port=1, trusted_proxies="127.0.0.1")) == "their word counts: 127.0.0.1"
    assert found(network.proxies, Settings(http_port=1, public_url="https://cockpit.example")).where == where
    for wide in ("0.0.0.0/0", "127.0.0.1,::/0"):
        one = found(network.proxies, Settings(http_port=1, trusted_proxies=wide))
        assert (one.is_wrong, "anybody may claim any address" in one.what) == (True, True)
    open_to_all = Settings(http_port=1, http_host="0.0.0.0")
    assert not found(network.proxies, open_to_all).is_wrong
    port = int(answering(200, {"checks": {"proxy": {"ok": True, "unnamed": "10.0.0.9"}}}).rpartition(":")[2])
    one = found(network.proxies, Settings(http_port=port))
    assert one.what.startswith("a proxy at 10.0.0.9")


def test_a_provider_that_is_away_or_another(
    tmp_path: Path, answering: Callable[[int, dict[str, Any]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def of(issuer: str) -> Settings:
        told = {"oidc_client_id": "x", "oidc_client_secret_file": tmp_path / "x", "public_url": "https://x.example"}
        return Settings(oidc_issuer=issuer, **told)

    assert network.provider(Settings()).startswith("none")
    port = int(answering(404, {}).rpartition(":")[2])
    for issuer, says in (
        ("http://127.0.0.1:1", "nothing listens there (connection refused)"),
        ("http://nobody.invalid", "nobody knows its name (DNS)"),
        (f"http://127.0.0.1:{port}", "it says 404 Not Found"),
        (f"https://127.0.0.1:{port}", "its certificate is not accepted (wrong version number)"),
    ):
        assert found(network.provider, of(issuer)).what == f"the provider does not answer: {says}"
    described = dict.fromkeys(network.NEEDED, "x")
    at = answering(200, {})
    monkeypatch.setattr(
        network.requests,
        "get",
        lambda _url, **_: SimpleNamespace(raise_for_status=lambda: None, json=lambda: described),
    )
    described["issuer"] = f"{at}/"
    one = found(network.provider, of(at))
    assert "by the slash at its end" in one.what
    assert one.todo == f"set it to {at}/, sign for sign"
    described["issuer"] = "https://other.example"
    assert "altogether" in found(network.provider, of(at)).what
    described["issuer"] = at
    assert network.provider(of(at)) == f"{at} answers"
    del described["jwks_uri"]
    assert found(network.provider, of(at)).what == "it tells no jwks_uri"


def test_what_no_check_foresaw_is_told_all_the_same() -> None:
    def probe(_settings: Settings) -> str:
        raise RuntimeError("the roof is on fire")

    [one] = results("roof", probe, Settings())
    assert (one.state, one.detail) == ("wrong", "the roof is on fire")
