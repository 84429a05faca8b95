"""Sign-in by another provider: for whom an admin added, and for nobody whom a forged answer names."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey
from playwright.sync_api import Page, expect

from cockpit.people.oidc import own_path
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.running import Cockpit


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    running = IdentityProvider()
    yield running
    running.end()


@pytest.fixture(scope="module")
def joined(provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit that trusts the provider."""
    folder = tmp_path_factory.mktemp("oidc")
    running = Cockpit(folder)
    (folder / "client-secret").write_text(CLIENT_SECRET + "\n")
    running.settings |= {
        "COCKPIT_OIDC_ISSUER": provider.issuer,
        "COCKPIT_OIDC_CLIENT_ID": CLIENT_ID,
        "COCKPIT_OIDC_CLIENT_SECRET_FILE": str(folder / "client-secret"),
        "COCKPIT_PUBLIC_URL": running.url,
    }
    yield running.start()
    running.stop()


@pytest.fixture(autouse=True)
def honest(provider: IdentityProvider) -> None:
    provider.wrong, provider.key, provider.algorithm = {}, provider.published, "RS256"


def test_who_was_added_signs_in_without_a_password_here(
    joined: Cockpit, provider: IdentityProvider, page: Page
) -> None:
    provider.user = "联合经理"
    joined.answer("user", "add", "--name", "联合经理", "--role", "manager", "--community", "heling")
    page.goto(f"{joined.url}/sign-in?next=/board?community=heling")
    page.get_by_role("link", name="统一身份登录").click()
    expect(page).to_have_url(f"{joined.url}/board?community=heling")
    expect(page.locator(".me .who")).to_have_text("联合经理 · 管理员")
    told = joined.answer("audit", "list")["rows"]
    assert any(row["action"] == "session.start" and row["detail"].get("issuer") == provider.issuer for row in told)


def test_whom_nobody_added_is_vouched_for_in_vain(joined: Cockpit, provider: IdentityProvider, page: Page) -> None:
    provider.user = "陌生人"
    page.goto(f"{joined.url}/sign-in/oidc")
    expect(page).to_have_url(re.compile("refused=unknown"))
    expect(page.get_by_text("没有给您开通")).to_be_visible()
    assert page.request.get(f"{joined.url}/api/v1/session").json() == {"name": None}


HOUR_AGO = int(time.time()) - 3600


@pytest.mark.parametrize(
    ("wrong", "key", "algorithm"),
    [
        ({"nonce": "another"}, None, "RS256"),
        ({"aud": "another-client"}, None, "RS256"),
        ({"iss": "https://elsewhere.example"}, None, "RS256"),
        ({"exp": HOUR_AGO, "iat": HOUR_AGO - 60}, None, "RS256"),
        ({"preferred_username": None}, None, "RS256"),
        ({"preferred_username": ["伪造经理"]}, None, "RS256"),
        ({}, RSAKey.generate_key(2048, parameters={"kid": "one"}), "RS256"),
        ({}, OctKey.import_key(CLIENT_SECRET), "HS256"),
    ],
)
def test_a_token_that_will_not_do_signs_nobody_in(
    joined: Cockpit, provider: IdentityProvider, wrong: dict[str, Any], key: Any, algorithm: str
) -> None:
    provider.user, provider.wrong, provider.algorithm = "伪造经理", wrong, algorithm
    provider.key = key or provider.published
    joined.run("user", "add", "--name", "伪造经理", "--role", "admin", "--community", "*")
    with httpx.Client(follow_redirects=True) as client:
        answer = client.get(f"{joined.url}/sign-in/oidc")
        assert str(answer.url) == f"{joined.url}/sign-in?refused=failed"
        assert client.get(f"{joined.url}/api/v1/session").json() == {"name": None}


def test_an_answer_that_belongs_to_another_browser_signs_nobody_in(joined: Cockpit, provider: IdentityProvider) -> None:
    provider.user = "联合管理"
    joined.answer("user", "add", "--name", "联合管理", "--role", "admin", "--community", "*")
    attacker = httpx.Client()
    there = attacker.get(f"{joined.url}/sign-in/oidc").headers["Location"]
    back = attacker.get(there).headers["Location"]
    victim = httpx.Client()
    victim.get(f"{joined.url}/sign-in/oidc")
    for client in (victim, httpx.Client()):
        assert client.get(back).headers["Location"] == "/sign-in?refused=failed"
        assert "cockpit_session" not in client.cookies
    assert attacker.get(back).headers["Location"] == "/"
    assert attacker.get(f"{joined.url}/api/v1/session").json()["name"] == "联合管理"
    assert attacker.get(back).headers["Location"] == "/sign-in?refused=failed"  # good once


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", "", "/a\r\nb"]
)
def test_nobody_is_led_away_after_a_sign_in(path: str) -> None:
    assert own_path(path) == "/"
    assert own_path("/board?community=heling") == "/board?community=heling"


def test_half_a_provider_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    running = Cockpit(tmp_path)
    running.settings |= {"COCKPIT_OIDC_ISSUER": "https://id.example"}
    done = running.run("check")
    assert done.returncode == 2
    assert "COCKPIT_OIDC_CLIENT_ID" in done.stderr
