"""A consistent copy of a PostgreSQL database while it is in use, and its way back, by its own client's tools.

``pg_dump`` copies what a transaction of ours sees, which counts the rows of each table meanwhile. The copy is then
read through once by ``pg_restore``, with no server, and its rows are counted again. On the way back it becomes a
database of its own, is counted once more, and only then takes the name.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from store.backup import BackupError, Copied, Naming, Progress, Tell, before, check_rows, within_time
from store.durable import on_disk
from store.migrate import is_known
from store.why import first_line

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian keeps a client of each version; what stands on the PATH chooses one of them by rules of its own."""
LOOK_S = 0.2
ROWS_A_LOOK = 100_000
COPY = re.compile(rb'COPY "?([^".\s]+)"?\."?([^"\s]+)"? ')
END = b"\\.\n"
TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY 1, 2
"""


def backup(engine: Engine, target: Path, tell: Tell | None = None, naming: Sequence[Naming] = ()) -> Copied:
    """Copy the database as it is now into a file of ``pg_dump``, and count the rows in it; as `store.backup.backup`.

    Raises
    ------
    BackupError
        If the client's tools are missing or older than the server, one of them fails, it takes longer than the budget
        allows, or the copy has other rows than the database had. Nothing is left behind then.
    """
    if target.exists():
        raise BackupError(f"{target} exists already")
    part = target.with_name(f"{target.name}.part")
    watch = within_time(tell)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
            snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
            size = int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
            dump, restore = _tools(connection, "pg_dump", "pg_restore")
            options = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
            command = [dump, *options, f"--file={part}", f"--dbname={_conninfo(engine.url)}"]
            _run(command, engine.url, lambda: watch(Progress("copy", _size(part), size)))
            rows = _rows(connection)
            asked = {one.folder: connection.execute(text(one.query)) for one in naming if one.table in rows}
            files = {folder: {row.file: row.bytes for row in found} for folder, found in asked.items()}
            copied = Copied(_schema(connection), rows, files)
        check_rows(copied.rows, _counted(restore, part, copied.rows, watch))
        on_disk(part)
    except SQLAlchemyError as error:
        raise BackupError(first_line(error)) from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    os.replace(part, target)
    return copied


@contextlib.contextmanager
def replacing(source: Path, url: URL, had: Mapping[str, int]) -> Iterator[Callable[[], str | None]]:
    """Make a database of a copy beside the one at an address, which nobody may use meanwhile; to be called to put it
    in its place.

    The call returns the name under which the former database is kept; None where there was none. The user must be
    allowed to make databases (``CREATEDB``). What was not put is gone after the block.

    Raises
    ------
    BackupError
        If the database is in use, the user may make none, the tools are missing or too old, or the copy does not have
        the rows that it ``had``. Nothing is changed then.
    """
    name = str(url.database)
    fresh = f"{name}_restoring"
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", pool_size=1)
    try:
        with server.connect() as connection:
            _check_free(connection, name)
            [tool] = _tools(connection, "pg_restore")
            connection.execute(text(f'DROP DATABASE IF EXISTS "{fresh}"'))
            connection.execute(text(f"CREATE DATABASE \"{fresh}\" TEMPLATE template0 ENCODING 'UTF8'"))
            try:
                there = url.set(database=fresh)
                options = ["--exit-on-error", "--no-owner", "--no-privileges"]
                _run([tool, *options, f"--dbname={_conninfo(there)}", str(source)], there)
                _check(there, had)
                yield lambda: _put(connection, name, fresh)
            finally:
                connection.execute(text(f'DROP DATABASE IF EXISTS "{fresh}"'))
    except SQLAlchemyError as error:
        raise BackupError(first_line(error)) from None
    finally:
        server.dispose()


def _check(there: URL, had: Mapping[str, int]) -> None:
    made = create_engine(there, pool_size=1)
    try:
        with made.connect() as connection:
            schema = _schema(connection)
            if not is_known(schema):
                raise BackupError(f"it is of a newer version of the program (schema {schema})")
            check_rows(had, _rows(connection))
            connection.commit()
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    finally:
        made.dispose()


def _put(server: Connection, name: str, fresh: str) -> str | None:
    _check_free(server, name)
    kept = None
    if server.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
        kept = f"{name}_{before('_')}"
        server.execute(text(f'ALTER DATABASE "{name}" RENAME TO "{kept}"'))
    server.execute(text(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"'))
    return kept


def _check_free(server: Connection, name: str) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
    if server.scalar(text(query), {"name": name}):
        raise BackupError(f"database {name} is in use: stop the cockpit first")


def _tools(connection: Connection, *names: str) -> list[str]:
    """The oldest ones that are not older than the server: they write what it reads."""
    server = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    folders = sorted((int(one.name), one / "bin") for one in DEBIAN.glob("[0-9]*") if one.name.isdigit())
    for version, folder in folders:
        if version >= server and all((folder / name).exists() for name in names):
            return [str(folder / name) for name in names]
    found = [shutil.which(name) for name in names]
    if any(one is None for one in found):
        wanted = " and ".join(names)
        raise BackupError(f"{wanted} of PostgreSQL {server} or newer: not installed (postgresql-client-{server})")
    version = _version(str(found[0]))
    if version < server:
        raise BackupError(f"{found[0]} is of PostgreSQL {version}, the server of {server}: install a newer client")
    return [str(one) for one in found]


def _version(tool: str) -> int:
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    number = re.search(r"(\d+)[.\d]*", said)
    return int(number[1]) if number else 0


def _conninfo(url: URL) -> str:
    """For libpq; a password goes another way, since commands are for all to see."""
    return make_conninfo(**{name: value for name, value in _arguments(url).items() if name != "password"})


def _arguments(url: URL) -> dict[str, str]:
    dialect = url.get_dialect()()
    return {name: str(value) for name, value in dialect.create_connect_args(url)[1].items() if name != "context"}


def _run(command: Sequence[str], url: URL, look: Callable[[], None] = lambda: None) -> None:
    """Run a tool to its end; ``look`` is called now and then, and what it raises ends the tool."""
    with tempfile.TemporaryFile() as said:
        environment = _environment(url)
        running = subprocess.Popen(  # noqa: S603 - one of PostgreSQL's own tools
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment
        )
        try:
            while running.poll() is None:
                look()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.wait(LOOK_S)
        finally:
            running.kill()
            running.wait()
        if running.returncode != 0:
            said.seek(0)
            raise BackupError(f"{Path(command[0]).name}: {_why(said.read()) or f'exit code {running.returncode}'}")


def _environment(url: URL) -> dict[str, str]:
    password = _arguments(url).get("password")
    return os.environ | {"LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {})


def _why(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if "error:" in line or "FATAL" in line]
    return lines[0].partition("error: ")[2] or lines[0] if lines else ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _rows(connection: Connection) -> dict[str, int]:
    names = [f'"{schema}"."{table}"' for schema, table in connection.execute(text(TABLES))]
    found = {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in names}  # noqa: S608
    return {name.replace('"', "").removeprefix("public."): int(count or 0) for name, count in found.items()}


def _schema(connection: Connection) -> str:
    if connection.scalar(text("SELECT to_regclass('public.alembic_version')")) is None:
        return ""
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def _counted(tool: str, dump: Path, tables: Mapping[str, int], watch: Tell) -> dict[str, int]:
    """The rows of each table in a file of ``pg_dump``, as ``pg_restore`` reads it."""
    found = dict.fromkeys(tables, 0)
    progress = Progress("check", 0, _size(dump))
    command = [tool, "--data-only", "--file=-", str(dump)]
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(  # noqa: S603 - as above
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        )
        try:
            for table, count in _tables(running.stdout or ()):
                found[table] = found.get(table, 0) + count
                watch(progress)
            code = running.wait()
        finally:
            running.kill()
            running.wait()
        if code != 0:
            said.seek(0)
            raise BackupError(f"the copy cannot be read: {_why(said.read())}")
    return found


def _tables(script: Iterable[bytes]) -> Iterator[tuple[str, int]]:
    """Of a script of ``pg_restore`` a table and some of its rows, again and again: a row is a line (COPY)."""
    table, count = "", 0
    for line in script:
        if not table:
            begun = COPY.match(line)
            table = begun[2].decode() if begun else ""
        elif line == END:
            yield table, count
            table, count = "", 0
        else:
            count += 1
            if count == ROWS_A_LOOK:
                yield table, count
                count = 0
