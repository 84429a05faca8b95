"""The wheel alone, in an empty environment: pages, migrations and recordings are in it."""

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.running import Cockpit

ROOT = Path(__file__).parents[2]
PACKAGES = ("cockpit", "layers", "sensors", "geo", "store", "assets")
RUN = "import sys; sys.path[:0] = sys.argv[1:3]; del sys.argv[1:3]; from cockpit.cli import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


def test_nothing_that_runs_is_missing_and_nothing_else_is_in(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.*") if "__pycache__" not in path.parts)
    packaged = {str(path.relative_to(ROOT)) for path in found}
    assert inside == packaged


def test_the_wheel_runs_alone(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--target", place, wheel]
    subprocess.run(install, check=True, capture_output=True)
    # The libraries of this environment, but not this tree: the wheel's own files are what is imported.
    environment = tmp_path / "empty"
    venv.create(environment, symlinks=True)
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    python = environment / "bin" / "python"
    running = Cockpit(tmp_path, command=[python, "-c", RUN, place, libraries])
    running.start()
    try:
        page = httpx.get(f"{running.url}/wall/heling").text
        [sheet, *_] = re.findall(r'href="(/assets/[^"]+)"', page)
        assert httpx.get(running.url + sheet).status_code == 200
        assert len(running.get("/api/v1/heling/areas")["features"]) == 4
    finally:
        running.stop()
