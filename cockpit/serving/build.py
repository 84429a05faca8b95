"""Which build of the pages this process serves: a browser with another one loads itself again."""

import hashlib
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from geo import ground


def _digest() -> str:
    found = hashlib.blake2b(version("cim-cockpit").encode(), digest_size=8)
    for asset in _files(files("assets")):
        found.update(asset.name.encode() + asset.read_bytes())
    return found.hexdigest()


def _files(folder: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            found += _files(entry)
        elif entry.name.endswith((".css", ".js", ".po")):
            found.append(entry)
    return found


BUILD = _digest()


def build() -> str:
    """The same with the ground: a page that was laid out on another ground is laid out again."""
    return f"{BUILD}.{ground.state()}"
