"""The pages' scripts are checked by TypeScript, all of them (make lint)."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPILER = ROOT / "node_modules" / ".bin" / "tsc"
ESCAPES = re.compile(r"@ts-(nocheck|ignore|expect-error)")


def ours() -> set[Path]:
    """Every script that a page of ours runs; those of others stand in vendor."""
    return {one for one in (ROOT / "assets").rglob("*.js") if "vendor" not in one.parts}


def test_no_script_is_left_out_of_the_check() -> None:
    if not COMPILER.exists():
        pytest.skip("make lint brings TypeScript")
    listed = subprocess.run([COMPILER, "--listFilesOnly"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ours() <= {Path(line) for line in listed.splitlines()}


def test_no_script_asks_not_to_be_checked() -> None:
    assert [one.name for one in ours() if ESCAPES.search(one.read_text(encoding="utf-8"))] == []


def test_the_lock_names_no_address_so_that_any_registry_will_do() -> None:
    assert "://" not in (ROOT / "package-lock.json").read_text(encoding="utf-8")
