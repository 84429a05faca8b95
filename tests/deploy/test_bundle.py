"""What a bundle is made of: scripts, units, nginx's example, the documents as pages, the packages it needs."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest
import trustme

from cockpit.checks.units import STATE, drop_in
from cockpit.settings import NAMED_FILE, Settings, load
from tests.running import free_port

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "deploy" / "bundle"
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
SCRIPTS = sorted([*BUNDLE.glob("*.sh"), BUNDLE / "cockpit", BUNDLE / "try-systemctl"])
EXPOSED = 3.0
"""As `systemd-analyze security` counts: 0 is the least, from 4 on it calls it exposed."""


def loaded(name: str) -> ModuleType:
    """A tool of the bundle, which is no package."""
    spec = importlib.util.spec_from_file_location(name, BUNDLE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def version() -> str:
    """The version of this tree."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_such_as_a_bare_shell_reads(script: Path) -> None:
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
    assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert script.stat().st_mode & 0o111 or script.name == "head.sh"


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_hardened_also_where_they_write_elsewhere(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian's package systemd)")
    # A template is looked at as one of its instances.
    one = tmp_path / unit.name.replace("@.", "@8051.")
    elsewhere = drop_in(Settings(data_dir=STATE, backup_target="/mnt/网盘 50%"))
    one.write_text(unit.read_text(encoding="utf-8") + elsewhere, encoding="utf-8")
    asked = ["systemd-analyze", "security", "--offline=true", "--no-pager", one]
    said = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert said.stderr == ""
    [exposure] = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", said.stdout)
    assert float(exposure) < EXPOSED


def test_nginx_takes_the_example(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed (Debian's package nginx)")
    example = (ROOT / "deploy" / "nginx" / "cim-cockpit.conf").read_text(encoding="utf-8")
    given = trustme.CA().issue_cert("cockpit.example")
    given.cert_chain_pems[0].write_to_path(tmp_path / "fullchain.pem")
    given.private_key_pem.write_to_path(tmp_path / "key.pem")
    here = example.replace("/etc/ssl/cockpit", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
    for port in ("80", "443"):
        own = str(free_port())
        here = here.replace(f"listen {port}", f"listen {own}").replace(f"listen [::]:{port}", f"listen [::1]:{own}")
    whole = f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\nhttp {{\n{here}\n}}\n"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    done = subprocess.run([nginx, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nginx_passes_on_the_port_that_people_come_by() -> None:
    example = (ROOT / "deploy" / "nginx" / "cim-cockpit.conf").read_text(encoding="utf-8")
    passing = [block for block in example.split("location ") if "proxy_pass" in block]
    assert len(passing) == 2
    assert [block for block in passing if not re.search(r"proxy_set_header Host +\$http_host;", block)] == []
    assert "https://$host$" not in example


def test_the_settings_of_a_new_installation_are_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (BUNDLE / "cockpit.toml").read_text(encoding="utf-8")
    (tmp_path / "as-it-is.toml").write_text(text, encoding="utf-8")
    # What stands there to be switched on is known as well.
    (tmp_path / "whole.toml").write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    monkeypatch.setenv(NAMED_FILE, str(tmp_path / "whole.toml"))
    assert load().public_url == "https://cockpit.example"
    monkeypatch.setenv(NAMED_FILE, str(tmp_path / "as-it-is.toml"))
    found = load()
    assert (found.http_host, found.proxies, found.public_url) == ("127.0.0.1", ["127.0.0.1"], None)


def test_only_what_is_needed_to_run_is_carried_and_all_of_it_is_locked() -> None:
    wheels = loaded("wheels")
    names = wheels.needed()
    assert {"uvicorn", "numpy", "psycopg-binary", "typst"} <= names
    assert names & {"pytest", "mypy", "ruff", "playwright", "hypothesis", "cim-cockpit"} == set()
    locked = wheels.locked(names)
    assert "--hash=sha256:" in locked
    assert "pytest==" not in locked


class Links(HTMLParser):
    """What a page leads to, and the places in it that are led to."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of each element."""
        for name, value in attrs:
            if name in ("href", "src") and value is not None and "://" not in value:
                self.targets.append(value)
            elif name == "id" and value is not None:
                self.ids.add(value)


SOURCES = ("", ".md", ".py", ".toml", ".json")
"""Files of the tree that documents name; a bundle carries none of them."""


def leads(page: Path, target: str, pages: dict[Path, Links]) -> bool:
    """Whether a link of a page leads somewhere."""
    path, _, place = unquote(target).partition("#")
    there = (page.parent / path).resolve() if path else page
    if there.suffix == ".html":
        return there in pages and (not place or place in pages[there].ids)
    return there.exists() or there.suffix in SOURCES


def test_every_document_is_a_page_whose_links_lead_somewhere(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    subprocess.run([sys.executable, BUNDLE / "pages.py", folder], check=True)
    pages: dict[Path, Links] = {}
    for page in folder.rglob("*.html"):
        pages[page] = Links()
        pages[page].feed(page.read_text(encoding="utf-8"))
    assert {folder / "index.html", folder / "operations.html", folder / "releases" / f"{version()}.html"} <= set(pages)
    links = [(page, target) for page, found in pages.items() for target in found.targets]
    assert len(links) > 500
    lost = [f"{page.name}: {target}" for page, target in links if not leads(page, target, pages)]
    assert lost == []


def test_a_version_has_its_notes_and_its_part_of_the_changelog() -> None:
    notes = ROOT / "docs" / "releases" / f"{version()}.md"
    assert "## What breaks" in notes.read_text(encoding="utf-8")
    assert f"## [{version()}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_what_was_damaged_on_its_way_is_not_unpacked(tmp_path: Path) -> None:
    payload = b"payload\n" * 100
    (tmp_path / "payload").write_bytes(payload)
    head = (BUNDLE / "head.sh").read_text(encoding="utf-8")
    digest = subprocess.run(
        ["sha256sum", tmp_path / "payload"], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    given = {"@VERSION@": "9.9.9", "@SHA256@": digest, "@LINES@": str(head.count("\n") + 1)}
    for name, value in given.items():
        head = head.replace(name, value)
    for damage, code in ((b"", 0), (b"\x00", 1)):
        bundle = tmp_path / f"bundle{code}.run"
        bundle.write_bytes(head.encode() + payload[: len(payload) - len(damage)] + damage)
        done = subprocess.run(["sh", bundle, "--verify"], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
    assert "damaged" in done.stderr
