"""Settings that are refused: named, with the nearest that there is, and never with what another one holds."""

import os
from pathlib import Path

import pytest

from cockpit.errors import BadSetting
from cockpit.resources import external_broker
from cockpit.settings import NAMED_FILE, PREFIX, load

SECRETS = {
    "COCKPIT_MQTT_URL": "mqtt://u:SEKRIT@h:1883",
    "COCKPIT_DATABASE_URL": "postgresql+psycopg://a:SEKRIT@h/x",
    "COCKPIT_COMMUNITY_DATABASES": '{"heling": "postgresql+psycopg://a:SEKRIT@h/x"}',
}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [one for one in os.environ if one.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refused(monkeypatch: pytest.MonkeyPatch, **given: str) -> str:
    """What is said of settings in the environment."""
    for name, value in (SECRETS | given).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as error:
        external_broker(load())
    assert "SEKRIT" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("COCKPIT_OIDC_ISSUER", "https://x", "COCKPIT_OIDC_ISSUER needs COCKPIT_OIDC_CLIENT_ID too"),
        ("COCKPIT_HTTP_PORT", "eighty", "COCKPIT_HTTP_PORT='eighty': Input should be a valid integer"),
        ("COCKPIT_DATABASE_URL", "oracle://a:SEKRIT@h/x", "COCKPIT_DATABASE_URL: expected sqlite:///path"),
        ("COCKPIT_DATABASE_URL", "postgresql://a:1/SEKRIT@h:x/y", "COCKPIT_DATABASE_URL: expected sqlite:///path"),
        ("COCKPIT_DATABASE_URL", "postgresql://a@h:SEKRIT/y", "COCKPIT_DATABASE_URL: expected sqlite:///path"),
        ("COCKPIT_COMMUNITY_DATABASES", "SEKRIT", "COCKPIT_COMMUNITY_DATABASES: expected JSON"),
        ("COCKPIT_COMMUNITY_DATABASES", '{"heling": "SEKRIT"}', "COCKPIT_COMMUNITY_DATABASES: expected sqlite:///"),
        ("COCKPIT_MQTT_URL", "mqtt://u:SEKRIT/x@h", "COCKPIT_MQTT_URL: a broker's address is mqtt://"),
        ("COCKPIT_PUBLIC_URL", "https://a:SEKRIT@h/below", "COCKPIT_PUBLIC_URL: the cockpit is served at the root"),
        ("COCKPIT_HOT_MONHTS", "3", "no setting COCKPIT_HOT_MONHTS; did you mean COCKPIT_HOT_MONTHS?"),
        ("COCKPIT_QQ", "3", "no setting COCKPIT_QQ; docs/operations.md lists them"),
    ],
)
def test_the_setting_is_named_and_no_other_ones_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    assert refused(monkeypatch, **{name: value}).startswith(says)


def test_a_misspelt_setting_in_the_file_is_told_as_it_is_spelt_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "named.toml"
    file.write_text("hot_monhts = 3\n", encoding="utf-8")
    assert refused(monkeypatch, **{NAMED_FILE: str(file)}) == f"{file}: no setting hot_monhts; did you mean hot_months?"
    file.write_text('http_port = "eighty"\n', encoding="utf-8")
    assert refused(monkeypatch, **{NAMED_FILE: str(file)}).startswith(f"{file}: http_port='eighty': ")


def test_what_kubernetes_sets_beside_a_service_of_our_name_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("COCKPIT_PORT_8050_TCP_ADDR", "10.0.0.1")
    assert load().http_port == 8050


def test_no_secret_is_in_a_representation_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    assert "SEKRIT" not in repr(load())
