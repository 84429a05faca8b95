"""Files that a broker reads: replaced whole, so that it never reads half of one, and readable by their owner only."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Tls:
    """A listener's certificate and key; ``clients_ca`` asks every client for a certificate of this authority."""

    certificate: Path
    key: Path
    clients_ca: Path | None = None


def replace(path: Path, content: str) -> None:
    """Write a file in the place of what was there."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    if path.exists():
        # Who may read it was set by whoever installed the broker.
        known = path.stat()
        os.chmod(part, known.st_mode & 0o777)
        if os.geteuid() == 0:
            os.chown(part, known.st_uid, known.st_gid)
    os.replace(part, path)
