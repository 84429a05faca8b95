"""The documents tell everything that a user can meet: commands, settings, routes, figures, reasons, metrics."""

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest
import typer.main
from fastapi.routing import APIRoute
from prometheus_client import REGISTRY

import cockpit.edge.budget
import cockpit.live.hub
import cockpit.vitals.gauges
import sensors.meters  # noqa: F401 - registers its meters
from cockpit import api, brief, health, refused, views, work_api
from cockpit.backups import api as backups
from cockpit.cli import app
from cockpit.demonstration import api as demonstration
from cockpit.displays import api as displays
from cockpit.first_hour import api as first_hour
from cockpit.ground import api as ground_api
from cockpit.ground import spatial_api
from cockpit.notices import api as notices
from cockpit.ogc import api as ogc
from cockpit.ogc.asked import OF_ITEMS
from cockpit.ogc.systems import SYSTEMS
from cockpit.ogc.turns import turns
from cockpit.pages import help
from cockpit.people import account_api as account
from cockpit.people import api as people
from cockpit.replay import api as replay
from cockpit.reports import api as reports
from cockpit.sensorthings import api as sensorthings
from cockpit.sensorthings.options import NAMES
from cockpit.settings import PREFIX, Settings
from cockpit.vitals import api as vitals
from geo import folders
from geo.communities import Community
from layers.alarms import figures as alarm_figures
from layers.concerns import lines
from layers.declare import routers
from layers.grid_events import figures as event_figures
from layers.grid_events.rules import states
from sensors.codecs.installed import codecs
from sensors.codecs.mapping import read_folder
from sensors.devices.kinds import kinds
from sensors.metrics import metrics
from sensors.refusal import Reason
from store.budgets import Budgets
from store.instant import parse_rfc3339
from tests.sensors.codecs.test_mapping import PUSHED
from tests.towns import xinlin

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
OPEN = (ROOT / "docs" / "open.md").read_text(encoding="utf-8")
DEVICES = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")
PAGES = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in ROOT.glob("docs/*.md"))]
BRIEF = (ROOT / "docs" / "brief.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def commands(command: object, name: str) -> list[str]:
    """The full names of a command and all below it."""
    below = getattr(command, "commands", {})
    return [full for child, one in below.items() for full in commands(one, f"{name} {child}")] or [name]


def routes() -> set[str]:
    """Every route that answers, as ``METHOD path``."""
    known = [
        ("", health.router(None, health.Probes())),
        ("", api.general()),
        ("", replay.router()),
        ("", reports.router(None)),
        ("", people.router()),
        ("", account.router()),
        ("", first_hour.router()),
        ("", backups.router(None)),
        ("", work_api.router()),
        ("", demonstration.router()),
        ("", displays.router()),
        ("", vitals.router(None)),
        ("", notices.router(None)),
        ("", refused.router()),
        ("", views.router()),
        ("", ground_api.router()),
        ("", spatial_api.router()),
        ("", brief.router()),
    ]  # type: ignore[arg-type]
    known += [("/api/v1/{community}", router) for router in routers()]
    return {
        f"{method} {prefix}{route.path}"
        for prefix, router in known
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }


def test_every_command_is_documented() -> None:
    found = commands(typer.main.get_command(app), "cockpit")
    assert len(found) > 10
    assert [name for name in found if f"`{name}" not in OPERATIONS] == []


def test_every_setting_and_its_default_is_documented() -> None:
    for name, field in Settings.model_fields.items():
        [row] = [line for line in OPERATIONS.splitlines() if f"| `{PREFIX}{name.upper()}` |" in line]
        if isinstance(field.default, str | int):
            assert f"| `{field.default}` |" in row


def test_every_budget_and_its_default_is_documented() -> None:
    table = OPERATIONS.split("### Budgets")[1].split("\n## ")[0]
    told = dict(re.findall(r"^\| `([a-z_]+)` \| `([0-9.]+)` \|", table, re.MULTILINE))
    assert told == {name: str(value) for name, value in asdict(Budgets()).items()}


def test_the_description_of_a_community_tells_every_key_and_is_taken(tmp_path: Path) -> None:
    text = OPERATIONS.split("## Adding a community")[1].split("```toml\n")[1].split("```")[0]
    assert {*tomllib.loads(text), "code"} == set(Community.__struct_fields__)
    (xinlin(tmp_path) / "community.toml").write_text(text, encoding="utf-8")
    [found] = folders.read(tmp_path)
    assert found.community.name == "新邻未来社区"


def test_every_route_is_documented_and_nothing_else_is() -> None:
    told = set(re.findall(r"\| `((?:GET|POST) /(?:api/v1/|healthz|readyz|metrics)[^`]*)` \|", OPERATIONS))
    assert told == routes()


def test_what_is_open_to_programs_of_others_is_documented_and_nothing_else_is() -> None:
    told = set(re.findall(r"\| `(GET /ogc/[^`]*)` \|", OPEN))
    routers = (ogc.router(turns()), sensorthings.router(turns()))
    described = (route for router in routers for route in router.routes if getattr(route, "include_in_schema", False))
    assert told == {f"GET {route.path}" for route in described if isinstance(route, APIRoute)}
    for code in (*ogc.collections(), *OF_ITEMS, *SYSTEMS, *NAMES):
        assert f"`{code}" in OPEN, code


def test_the_rule_of_the_brief_is_documented_in_its_order() -> None:
    told = [line for line in BRIEF.splitlines() if line.startswith("| `")]
    assert told == [f"| `{one.code}` | {one.name}: {one.name_en} | {one.why_en} | {one.todo_en} |" for one in lines()]


def test_every_figure_for_prometheus_is_documented() -> None:
    assert cockpit.live.hub.CLIENTS
    assert cockpit.edge.budget.TURNED_AWAY
    assert cockpit.vitals.gauges.GAUGES
    ours = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("cockpit_")}
    told = {name.removesuffix("_total") for name in re.findall(r"\| `(cockpit_[a-z_]+)` \|", OPERATIONS)}
    assert told == ours


def test_every_reason_of_refusal_is_documented() -> None:
    assert set(re.findall(r"\| `([a-z0-9_]+)` \| ", DEVICES.split("## What is refused")[1])) == set(Reason)


def test_every_metric_is_documented_with_its_unit_and_range() -> None:
    for code, metric in metrics().items():
        [row] = [line for line in DEVICES.splitlines() if line.startswith(f"| `{code}` |")]
        assert f"| {metric.name} | {metric.unit} |" in row
        if metric.low is not None:
            assert f"| {metric.low:.0f} to {metric.high:.0f} |" in row


def test_every_codec_is_documented() -> None:
    installed = codecs()
    known = [*installed.json, *(protocol.code for protocol in installed.protocols.values())]
    assert [code for code in known if f"| `{code}` |" not in DEVICES] == []


def test_every_command_that_a_device_takes_is_documented() -> None:
    for code, kind in kinds().items():
        if kind.commands:
            [row] = [line for line in DEVICES.split("## Commands")[1].splitlines() if line.startswith(f"| `{code}` |")]
            assert [name for name in kind.commands if f"`{name}`" not in row] == []


def test_the_mapping_in_the_documents_is_the_one_that_ships(tmp_path: Path) -> None:
    (told,) = re.findall(r"```toml\n(.*?)```", DEVICES, re.DOTALL)
    (tmp_path / "told.toml").write_text(told, encoding="utf-8")
    [codec] = read_folder(tmp_path)
    at = parse_rfc3339("2026-11-24T08:00:00Z")
    assert codec.read(PUSHED, at, "gate-01") == codecs().json[codec.code].read(PUSHED, at, "gate-01")


def test_every_kind_of_device_and_every_state_has_its_word() -> None:
    assert [kind for kind in kinds() if f"`{kind}`" not in DEVICES] == []
    for code, state in states().items():
        assert state.name in GLOSSARY, code
        assert code in GLOSSARY, code


def test_what_the_question_marks_say_stands_in_the_documents() -> None:
    told = (ROOT / help.DOCUMENT).read_text(encoding="utf-8")
    assert told.partition(help.BEGIN)[1:] == (help.BEGIN, help.document().removeprefix(help.BEGIN)), "run: make words"


def test_every_figure_of_alarms_and_events_has_its_help() -> None:
    told = help.groups()
    assert set(alarm_figures.table().rows) - set(told["alarms"].rows) == set()
    assert set(event_figures.RATES) - set(told["events"].rows) == set()


@pytest.mark.parametrize("path", PAGES)
def test_links_between_documents_lead_somewhere(path: str) -> None:
    here = ROOT / path
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", here.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (here.parent / target).exists(), target
