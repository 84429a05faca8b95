"""Makes a further release of what a bundle unpacked, for trying upgrades.

Usage: next_release.py FOLDER VERSION [--broken]. A broken one changes the database, and its pages never begin.
"""

import hashlib
import re
import sys
import zipfile
from pathlib import Path

MIGRATION = "store/migrations/versions/9999_never.py"
BREAKS = '''"""A change that only a broken release makes."""

from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None


def upgrade() -> None:
    op.execute("CREATE TABLE of_the_broken (id INTEGER)")
'''


def make(folder: Path, version: str, is_broken: bool) -> None:
    """Give it a version, and break it."""
    (folder / "VERSION").write_text(f"{version}\n", encoding="utf-8")
    if is_broken:
        [wheel] = (folder / "wheels").glob("cim_cockpit-*.whl")
        _break(wheel)
        asked = folder / "wheels" / "requirements.txt"
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines = re.sub(r"(cim-cockpit==\S+ --hash=sha256:)\S+", rf"\g<1>{digest}", asked.read_text(encoding="utf-8"))
        asked.write_text(lines, encoding="utf-8")


def _break(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as read:
        content = {name: read.read(name) for name in read.namelist()}
    revisions = sorted(name for name in content if name.startswith("store/migrations/versions/0"))
    head = re.search(r'^revision(?:: str)? = "(.+)"', content[revisions[-1]].decode(), re.MULTILINE)
    content[MIGRATION] = BREAKS.format(head=head[1] if head else "").encode()
    content["cockpit/web.py"] += b'\nraise RuntimeError("this release is broken")\n'
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as write:
        for name, text in content.items():
            write.writestr(name, text)


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2], "--broken" in sys.argv)
