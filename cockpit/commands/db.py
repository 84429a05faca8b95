"""``cockpit db upgrade|schema|backup|backups|key|restore|compare-key|give-up-key``."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from cockpit.backups import kept
from cockpit.commands.options import Json, actor, answer, check_community, databases, note, settings
from cockpit.errors import BadSetting
from cockpit.opening import attach, open_databases
from cockpit.sealing import seal
from cockpit.settings import Settings, prepare_data_dir
from store import audit, seal_keys
from store.backup import BackupError, Progress
from store.engine import SHARED, open_engine, writing
from store.instant import format_local, format_rfc3339, parse_local
from store.migrate import head, revision
from store.seal import SealError, fingerprints, keys_of
from store.why import first_line

TELL_EVERY_S = 1.0
NOT_OPENED = "counted before it was encrypted, there as it was sent; not opened: this machine has no key that opens it"
KEY_MADE = """\
{path}: a new key, for its owner alone; its public half is {public}
1. Copy the file now to where neither this machine nor the backups are: a stick in the safe, or printed.
   Without it no encrypted backup can ever be opened, and nobody can make it again.
2. Set COCKPIT_BACKUP_KEY_FILE={path} and start the cockpit again; then cockpit db backup, and cockpit check.
3. If this machine is to open none, leave only the line {public} in its file, once the copy is kept."""

app = typer.Typer(help="The database: bring it up to date, back it up, put a backup back.", no_args_is_help=False)


@app.command()
def upgrade(as_json: Json = False) -> None:
    """Apply the migrations that the database lacks, after a backup; up, web and ingest do so at start."""
    found = settings()
    before = attach(found).revisions()
    open_databases(found).close()
    text = "\n".join(_upgraded(url, there) for url, there in before.items())
    record = {"database": next(iter(before)), "databases": list(before), "from": list(before.values()), "to": head()}
    answer(as_json, record | {"upgraded": any(there != head() for there in before.values())}, text)


def _upgraded(url: str, there: str | None) -> str:
    if there is None:
        return f"{url} is made, with schema {head()}"
    return f"{url} is up to date, schema {head()}" if there == head() else f"{url}: from schema {there} to {head()}"


@app.command()
def schema(as_json: Json = False) -> None:
    """The newest migration that each database has; none of them is changed or made."""
    found = settings()
    urls = {SHARED: found.database} | found.community_databases
    try:
        has = {name: _schema(url) for name, url in urls.items()}
    except SQLAlchemyError as error:
        raise BadSetting(first_line(error)) from None
    answer(as_json, {"schemas": has}, "\n".join(f"{name} {one or 'none'}" for name, one in has.items()))


def _schema(url: str) -> str | None:
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(str(address.database)).exists():
        return None
    engine = open_engine(url)
    try:
        return revision(engine)
    finally:
        engine.dispose()


@app.command()
def backup(
    target: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to, must not exist; left out: COCKPIT_BACKUP_TARGET.")
    ] = None,
    community: Annotated[str | None, typer.Option(help="Of this community's own database alone.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Not encrypted, whatever the key file says.")] = False,
    as_json: Json = False,
) -> None:
    """Back up all databases while they are in use, as they are, and open it; standard error tells how far it is."""
    # Here, not above: only backups need what they are packed and encrypted with.
    from cockpit.backups import commanded
    from cockpit.backups.targets import OneFile, target_of

    found = settings()
    found = found.model_copy(update={"backup_key_file": None}) if plain else found
    attached = attach(found)
    if community is not None and community not in attached.databases.own:
        raise BadSetting(f"--community {community!r} has no database of its own")
    others = {url: there for url, there in attached.revisions().items() if there not in (None, head())}
    for url, there in others.items():
        note(f"{url} has schema {there}, and is backed up as it is; no row of this backup is kept in it")
    try:
        place = OneFile(target) if target is not None else target_of(found)
        made = commanded.make(found, attached.databases, place, community or "", actor(), _telling(as_json))
    except (BackupError, sqlite3.Error, SQLAlchemyError, OSError) as error:
        raise BadSetting(first_line(error)) from None
    if made.lacks is not None:
        raise BadSetting(f"{made.file} was made and stays, and is not whole: {made.lacks}; older ones stay too")
    record = {"file": made.file, "bytes": made.bytes, "rows": made.rows, "schema": made.name.schema}
    record |= {"encrypted": made.name.is_encrypted, "opened": made.is_opened}
    looked = "opened and counted" if made.is_opened else NOT_OPENED
    answer(as_json, record, f"{made.file}: {made.bytes} bytes, {made.rows} rows, schema {made.name.schema}, {looked}")


def _telling(as_json: bool) -> Callable[[Progress], None]:
    """Tells on standard error how far a backup is, once a second."""
    told = time.monotonic()

    def tell(progress: Progress) -> None:
        nonlocal told
        if time.monotonic() - told < TELL_EVERY_S:
            return
        told = time.monotonic()
        text = f"{progress.stage}: {progress.done >> 20} of {progress.of >> 20} MB"
        record = {"stage": progress.stage, "bytes": progress.done, "of": progress.of}
        typer.echo(msgspec.json.encode(record).decode() if as_json else text, err=True)

    return tell


@app.command()
def backups(as_json: Json = False) -> None:
    """The backups at COCKPIT_BACKUP_TARGET, the newest first, with the moment of each."""
    from cockpit.backups.targets import target_of

    try:
        target = target_of(settings())
        found = sorted(target.names().items(), reverse=True)
    except BackupError as error:
        raise BadSetting(str(error)) from None
    rows: list[dict[str, Any]] = [
        {
            "name": str(name),
            "moment": format_rfc3339(name.moment),
            "schema": name.schema,
            "community": name.scope or None,
            "encrypted": name.is_encrypted,
            "bytes": size,
        }
        for name, size in found
    ]
    lines = [f"{format_local(name.moment)}  {size:>14,} bytes  {name}" for name, size in found]
    text = "\n".join([f"{target.where}:", *lines]) if lines else f"none yet at {target.where}: cockpit db backup"
    answer(as_json, {"target": target.where, "backups": rows}, text)


@app.command()
def key(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Must not exist; left out: COCKPIT_BACKUP_KEY_FILE.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key that backups are encrypted for; its file is the owner's alone, and is never overwritten."""
    from cockpit.backups.encryption import make_key

    found = settings()
    path = (file or found.backup_key_file or Path()).absolute()
    if file is None and found.backup_key_file is None:
        raise BadSetting("say a FILE, and name it in COCKPIT_BACKUP_KEY_FILE then")
    try:
        public = make_key(path, found.data_dir)
    except BackupError as error:
        raise BadSetting(str(error)) from None
    answer(as_json, {"file": str(path), "public": public}, KEY_MADE.format(path=path, public=public))


@app.command()
def restore(
    source: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A backup's file.")] = None,
    at: Annotated[
        str | None, typer.Option(help="Instead of a file: the newest at COCKPIT_BACKUP_TARGET of this time or before.")
    ] = None,
    community: Annotated[str | None, typer.Option(help="This community's own database alone.")] = None,
    any_key: Annotated[
        bool, typer.Option("--any-key", help="Although the key here does not open what is sealed in it.")
    ] = False,
    as_it_was: Annotated[
        bool, typer.Option("--as-it-was", help="Apply no migrations after: an older version is put back.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do all but the exchange: say whether it could be put back.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a backup in the place of the databases of a cockpit that is stopped; the former ones are kept."""
    from cockpit.backups import restoring

    if community is not None:
        check_community(community)
    if (source is None) == (at is None):
        raise BadSetting("say either a FILE or --at; cockpit db backups tells which there are")
    found = settings()
    prepare_data_dir(found)
    try:
        chosen = source if source is not None else restoring.chosen(found, _moment(at or ""), community or "")
        restored = restoring.restore(found, chosen, community, is_any_key=any_key, is_trial=dry_run)
    except (BackupError, sqlite3.Error, SQLAlchemyError, OSError) as error:
        raise BadSetting(first_line(error)) from None
    if dry_run:
        record = {"file": restored.source, "rows": restored.rows, "dry_run": True}
        answer(as_json, record, f"{restored.source} can be put back: opened, counted; nothing was changed")
        return
    if not as_it_was:
        _take_up(found, restored.source, is_any_key=any_key)
    former = [name for name in restored.kept.values() if name is not None]
    text = f"{restored.source} is in place" + (f"; the former database is {', '.join(former)}" if former else "")
    text += f"; it lacks {', '.join(restored.lacks)}" if restored.lacks else ""
    record = {"file": restored.source, "rows": restored.rows, "kept": former[0] if former else None, "all": former}
    record |= {"lacks": restored.lacks}
    answer(as_json, record, text)


def _moment(text: str) -> int:
    try:
        return parse_local(text)
    except ValueError as error:
        raise BadSetting(f"--at: {error}") from None


def _take_up(found: Settings, source: str, *, is_any_key: bool) -> None:
    """A backup of an older version is brought up to date, and none says of itself any more that it is being made."""
    opened = open_databases(found, is_backed_up=True)
    for engine in opened.all:
        with writing(engine) as connection:
            kept.are_whole_now(connection, source)
            for one in seal_keys.keys(connection, found.seal_key).missing if is_any_key else ():
                seal_keys.give_up(connection, one)
    opened.close()


@app.command("compare-key")
def compare_key(
    copy: Annotated[Path, typer.Argument(metavar="FILE", help="The copy of seal.key that is kept apart.")],
    as_json: Json = False,
) -> None:
    """Compare a copy of the seal's key with the key that is used, and note that there is one."""
    found, opened = settings(), databases()
    try:
        copied = fingerprints(copy) if keys_of(copy) else []
    except SealError as error:
        raise BadSetting(str(error)) from None
    if copy.resolve() == found.seal_key.resolve():
        raise BadSetting(f"{copy} is the key that is used, not a copy of it")
    seal(found, opened)
    lacking = [one for one in fingerprints(found.seal_key) if one not in copied]
    if lacking:
        raise BadSetting(f"{copy} lacks {', '.join(lacking)} of {found.seal_key}; it has {', '.join(copied) or 'none'}")
    for engine in opened.all:
        with writing(engine) as connection:
            seal_keys.note_copy(connection, copied)
    answer(as_json, {"keys": copied, "complete": True}, f"{copy} has every key that is used: {', '.join(copied)}")


@app.command("give-up-key")
def give_up_key(
    fingerprint: Annotated[str, typer.Argument(help="The missing key, as cockpit up and cockpit check name it.")],
    as_json: Json = False,
) -> None:
    """Go on without a key of the seal that is lost: what it sealed stays locked, until the key is put back."""
    found, opened = settings(), databases()
    missing: dict[str, None] = {}
    is_given_up = False
    for engine in opened.all:
        with writing(engine) as connection:
            known = seal_keys.keys(connection, found.seal_key).missing
            missing |= dict.fromkeys(known)
            if fingerprint in known:
                is_given_up = True
                seal_keys.give_up(connection, fingerprint)
    if not is_given_up:
        raise BadSetting(f"no key {fingerprint!r} is missing; missing: {', '.join(missing) or 'none'}")
    with writing(opened.shared) as connection:
        audit.record(connection, actor(), "seal.give_up", fingerprint, {})
    text = f"what {fingerprint} sealed stays locked until that key is put back; a new one is made at the next start"
    answer(as_json, {"fingerprint": fingerprint, "given_up": True}, text)
