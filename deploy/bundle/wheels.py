"""Gets the wheels that a bundle carries: our own, and those that it needs to run, with the hashes of requirements.lock.

Usage: wheels.py OUT [CACHE]. Run by the environment of `make`, whose packages say who needs whom; test tools stay out.
"""

import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"


def needed() -> set[str]:
    """The distributions that the cockpit needs to run, and those that these need."""
    # Of ourselves the tree says what is asked for: what is installed may be older.
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = list(_asked_for(ours, frozenset()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _asked_for(distribution(one[0]).requires or (), one[1])
    return {name for name, _ in found}


def _asked_for(texts: Iterable[str], extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in texts:
        wanted = Requirement(text)
        marker = wanted.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield canonicalize_name(wanted.name), frozenset(wanted.extras)


def locked(names: set[str]) -> str:
    """Their part of the lock.

    Raises
    ------
    SystemExit
        If one of them is not in it.
    """
    blocks = re.split(r"^(?=[a-z0-9])", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = [(canonicalize_name(re.split(r"[=\[ ;]", block, maxsplit=1)[0]), block) for block in blocks]
    missing = names - {name for name, _ in named}
    if missing:
        sys.exit(f"not in {LOCK.name} (make lock): {', '.join(sorted(missing))}")
    # One may stand there several times, each for another Python; pip takes the one that is for this.
    return "".join(block for name, block in named if name in names)


def download(folder: Path, cache: Path) -> None:
    """Get the files that the lock permits, and no other; what comes as source is made a wheel, once."""
    asked, wanted = cache / "runtime.lock", locked(needed())
    if not asked.exists() or asked.read_text(encoding="utf-8") != wanted:
        asking = cache / "asking.lock"
        asking.write_text(wanted, encoding="utf-8")
        _pip("download", "--require-hashes", "--no-deps", "--prefer-binary", "-r", str(asking), "-d", str(cache))
        asking.replace(asked)
    for file in sorted(cache.iterdir()):
        if file.suffix not in (".whl", ".gz") or _hash(file) not in wanted:
            continue
        if file.suffix == ".whl":
            (folder / file.name).hardlink_to(file)
        else:
            _pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(file))


def write_requirements(folder: Path) -> None:
    """What pip installs from the folder, each file by its hash."""
    lines = []
    for file in sorted(folder.glob("*.whl")):
        name, version = file.name.split("-")[:2]
        lines.append(f"{canonicalize_name(name)}=={version} --hash=sha256:{_hash(file)}")
    (folder / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)


def main(out: str, cache: str | None = None) -> None:
    """Fill a folder."""
    folder, kept = Path(out), Path(cache or ROOT / "build" / "wheels")
    folder.mkdir(parents=True)
    kept.mkdir(parents=True, exist_ok=True)
    download(folder, kept)
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT))
    write_requirements(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
