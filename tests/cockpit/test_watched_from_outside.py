"""Every figure of how the cockpit fares is a metric; rules and dashboard name those that there are."""

import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, Gauge

import cockpit.backups.maker
import cockpit.edge.budget
import cockpit.live.hub  # noqa: F401 - registers its meters, as that above
from cockpit import health
from cockpit.beside import Both, _figures
from cockpit.vitals import gauges
from cockpit.vitals.measured import Measured
from cockpit.vitals.rules import groups
from sensors.meters import duty

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "cim-cockpit.rules.yml"
BOARD = DEPLOY / "grafana" / "cim-cockpit.json"
ENDINGS = re.compile(r"_(bucket|sum|count|total|created)$")


def known() -> set[str]:
    """The metrics of ours, by the name without its ending."""
    assert health.LAG
    return {ENDINGS.sub("", metric.name) for metric in REGISTRY.collect() if metric.name.startswith("cockpit_")}


def named(expression: str) -> set[str]:
    """The metrics of ours in an expression, in the same way."""
    return {ENDINGS.sub("", name) for name in re.findall(r"\bcockpit_\w+", expression)}


def alerts() -> list[dict[str, Any]]:
    """The rules of alerts."""
    return [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


def asked_by_the_board() -> Iterator[str]:
    """Every expression of the dashboard."""
    for panel in json.loads(BOARD.read_text(encoding="utf-8"))["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def test_every_figure_of_how_it_fares_is_told_by_a_metric() -> None:
    rows = {f"{code}.{name}": row for code, group in groups().items() for name, row in group.rows.items()}
    told = {code: row.metric for code, row in rows.items() if row.kind != "text"}
    assert [code for code, metric in told.items() if metric is None or ENDINGS.sub("", metric) not in known()] == []


def test_alerts_and_dashboard_name_metrics_that_there_are() -> None:
    expressions = [rule["expr"] for rule in alerts()] + list(asked_by_the_board())
    assert len(expressions) > 40
    assert {name for one in expressions for name in named(one)} - known() == set()
    assert [one for one in expressions if one.count("(") != one.count(")")] == []


def test_every_metric_is_on_the_dashboard_or_has_an_alert() -> None:
    shown = {name for one in [*(rule["expr"] for rule in alerts()), *asked_by_the_board()] for name in named(one)}
    details = {"cockpit_displays", "cockpit_process_age_seconds", "cockpit_quarantined_in_a_day"}
    assert known() - shown - details == {"cockpit_database_slowest_statement_seconds"}


def test_every_alert_says_what_to_do() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["todo"], rule["alert"]


@pytest.mark.parametrize("what", [("check", "rules", RULES), ("test", "rules", Path(__file__).with_name("alerts.yml"))])
def test_prometheus_itself_takes_the_rules_and_alerts_by_them_of_backups_that_never_were(what: tuple[Any, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian's package prometheus)")
    done = subprocess.run([promtool, *what], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_gauge_has_the_unit_of_its_name_and_is_no_number_where_nobody_knows_it() -> None:
    figures = {"disk.free": (25.0, None), "backup.age": (2.0, None), "database.answers": (1, None)}
    gauges.set_gauges(Measured(0, figures, displays={"heling": (3, 1), "tahai": (2, 0)}))  # type: ignore[arg-type]
    found = {name: REGISTRY.get_sample_value(name) for name in ("cockpit_disk_free_ratio", "cockpit_displays_silent")}
    assert found == {"cockpit_disk_free_ratio": 0.25, "cockpit_displays_silent": 1}
    assert REGISTRY.get_sample_value("cockpit_backup_age_seconds") == 7_200
    assert math.isnan(REGISTRY.get_sample_value("cockpit_certificate_left_seconds") or 0)


def test_a_duty_tells_when_it_was_done_and_how_often_it_was_not() -> None:
    with duty("sweeping"):
        pass
    assert (REGISTRY.get_sample_value("cockpit_duty_done_timestamp_seconds", {"duty": "sweeping"}) or 0) > 1e9
    with pytest.raises(ValueError, match="no broom"), duty("sweeping"):
        raise ValueError("no broom")
    assert REGISTRY.get_sample_value("cockpit_duty_failures_total", {"duty": "sweeping"}) == 1


def test_of_two_processes_the_later_time_counts() -> None:
    with duty("mopping"):
        pass
    name, labels = "cockpit_duty_done_timestamp_seconds", {"duty": "mopping"}
    both = Both({name: [(name, labels, 12.0), (name, {"duty": "ironing"}, 12.0)]})
    [metric] = [one for one in both.collect() if one.name == name]
    told = {sample.labels["duty"]: sample.value for sample in metric.samples}
    assert told["mopping"] > 1e9
    assert told["ironing"] == 12


def test_what_a_process_does_not_know_makes_no_figure_of_both_unknown() -> None:
    gauge = Gauge("cockpit_tests_unknown", "Known to nobody yet")
    gauge.set(math.nan)
    assert _figures()["cockpit_tests_unknown"] == []
    gauge.set(1)
    assert _figures()["cockpit_tests_unknown"] == [("cockpit_tests_unknown", {}, 1)]
    REGISTRY.unregister(gauge)
