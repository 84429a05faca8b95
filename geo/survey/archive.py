"""Archives of surveys, unpacked here: what is in one is counted, named by us, and bounded while it is unpacked."""

import stat
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from geo.errors import Fault, SurveyFaults
from store import encoding as encodings

ARCHIVES = (".zip", ".kmz", ".7z", ".rar", ".gz", ".tgz", ".tar", ".bz2", ".xz")
PIECE = 1024 * 1024
ALWAYS = 1024 * 1024
"""What any archive may become: a small one of blanks is no threat."""


@dataclass(frozen=True)
class Most:
    """How many files an archive may hold, what it may become in bytes, and how many times its size."""

    members: int
    unpacked: int
    ratio: int
    by_ratio: int = 0


@dataclass(eq=False)
class Packed:
    """Files of an archive that belong together, by their name without the ending."""

    title: str
    files: list[Path] = field(default_factory=list)


def unpack(path: Path, folder: Path, endings: tuple[str, ...], most: Most) -> list[Packed]:
    """Unpack what has one of these endings.

    Raises
    ------
    SurveyFaults
        For a name that leads out of it, a link, a nested or encrypted archive, too many files or too much in them.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            members = [one for one in packed.infolist() if not one.is_dir()]
            if len(members) > most.members:
                raise _fault("archive_members", count=str(len(members)), most=str(most.members))
            for member in members:
                _check(member)
            wanted = [one for one in members if _is_wanted(one, endings)]
            by_ratio = ALWAYS + most.ratio * path.stat().st_size
            return _unpacked(packed, wanted, folder, replace(most, by_ratio=by_ratio))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        if isinstance(error, SurveyFaults):
            raise
        raise _fault("broken", said=" ".join(str(error).split())[:200]) from None


def _check(member: zipfile.ZipInfo) -> None:
    name = _name(member)
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name:
        raise _fault("archive_name", file=repr(name[:80]))
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise _fault("archive_link", file=repr(name[:80]))
    if member.flag_bits & 1:
        raise _fault("archive_encrypted", file=repr(name[:80]))
    if name.lower().endswith(ARCHIVES):
        raise _fault("archive_nested", file=repr(name[:80]))


def _is_wanted(member: zipfile.ZipInfo, endings: tuple[str, ...]) -> bool:
    path = PurePosixPath(_name(member))
    return path.suffix.lower() in endings and not path.name.startswith(".") and "__MACOSX" not in path.parts


def _unpacked(packed: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, most: Most) -> list[Packed]:
    found: dict[str, Packed] = {}
    total = 0
    for member in members:
        name = PurePosixPath(_name(member))
        one = found.setdefault(str(name.with_suffix("")).lower(), Packed(name.stem))
        number = list(found.values()).index(one)
        # Under a name of ours: what a stranger calls a file is no path.
        target = folder / f"m{number}{name.suffix.lower()}"
        with packed.open(member) as source, target.open("wb") as out:
            while piece := source.read(PIECE):
                total += len(piece)
                if total > most.by_ratio:
                    raise _fault("archive_ratio", most=str(most.ratio))
                if total > most.unpacked:
                    raise _fault("archive_size", most=str(most.unpacked >> 20))
                out.write(piece)
        one.files.append(target)
    return list(found.values())


def _name(member: zipfile.ZipInfo) -> str:
    """The name as people wrote it: where it is not marked as UTF-8, Chinese systems write GBK."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
        return raw.decode(encodings.decide([raw]))
    except (UnicodeEncodeError, encodings.UnknownEncoding):
        return member.filename


def _fault(kind: str, **given: str) -> SurveyFaults:
    return SurveyFaults([Fault(0, "", kind, given)])
