"""Sign-in by another provider: for whom an admin added, and for nobody whom a forged answer names."""

import asyncio
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from joserfc.jwk import OctKey, RSAKey
from playwright.sync_api import Page, expect

from cockpit.errors import BadSetting
from cockpit.people import pages
from cockpit.people.oidc import OidcError, Provider, SingleSignOn, own_path
from cockpit.settings import load
from store.seal import Seal
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.running import Cockpit, until


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
    provider.at_userinfo, provider.told, provider.takes, provider.slash = False, {}, None, ""


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


def single(provider: IdentityProvider, issuer: str | None = None, claim: str = "preferred_username") -> SingleSignOn:
    """Sign-in by the provider without pages around it."""
    known = Provider(issuer=issuer or provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, claim=claim)
    return SingleSignOn(known, "http://cockpit.example", Seal(b"A" * 43 + b"="))


def walk(over: SingleSignOn) -> str:
    """The name of who signs in, by the way that a browser takes."""
    begun = over.begin("/")
    back = httpx.get(begun.url).headers["Location"]
    claims, _ = over.finish(dict(parse_qsl(urlsplit(back).query)), begun.cookie)
    return over.name_of(claims)


@pytest.mark.parametrize("takes", [None, "client_secret_basic", "client_secret_post"])
def test_the_secret_is_shown_as_the_provider_wants_it(provider: IdentityProvider, takes: str | None) -> None:
    provider.user, provider.takes = "甲", takes
    assert walk(single(provider)) == "甲"


def test_a_provider_that_takes_no_secret_of_ours_is_told_of(provider: IdentityProvider) -> None:
    provider.takes = "private_key_jwt"
    with pytest.raises(OidcError, match="client_secret_basic, client_secret_post"):
        walk(single(provider))


def test_a_name_that_the_token_has_not_is_asked_for(provider: IdentityProvider) -> None:
    provider.user, provider.at_userinfo = "乙", True
    assert walk(single(provider)) == "乙"
    provider.told = {"email": "yi@town.example", "email_verified": True}
    assert walk(single(provider, claim="email")) == "yi@town.example"
    for told, why in (
        ({"sub": "sub-somebody"}, "somebody else"),
        ({"preferred_username": None}, "no claim|has a claim"),
    ):
        provider.told = told
        with pytest.raises(OidcError, match=why):
            walk(single(provider))
    for unsaid in ({"email_verified": False}, {}):
        provider.told = {"email": "yi@town.example"} | unsaid
        with pytest.raises(OidcError, match="not verified"):
            walk(single(provider, claim="email"))


@pytest.mark.parametrize(("theirs", "ours"), [("/", ""), ("", "/")])
def test_an_issuer_that_differs_by_a_slash_is_told_before_a_person_meets_it(
    provider: IdentityProvider, theirs: str, ours: str
) -> None:
    provider.slash = theirs
    over = single(provider, f"{provider.root}{ours}")
    assert over.fault is None, "nobody has looked yet"
    with over.watched():
        told = until(lambda: over.fault)
    assert f"calls itself '{provider.root}{theirs}'" in told
    well = single(provider, f"{provider.root}{theirs}")
    with well.watched():
        provider.user = "丙"
        assert walk(well) == "丙"
    assert well.fault is None


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


@pytest.mark.parametrize(
    ("url", "says"), [("https://town.example/cim", "not below /cim"), ("https://town.example/", "leave out the slash")]
)
def test_pages_below_a_path_are_refused_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COCKPIT_PUBLIC_URL", url)
    with pytest.raises(BadSetting, match=says):
        load()


def test_what_cannot_work_is_not_offered(provider: IdentityProvider) -> None:
    away = single(provider, "http://127.0.0.1:1")
    with away.watched():
        assert "nothing listens there (connection refused)" in until(lambda: away.fault)
    server = FastAPI()
    server.include_router(pages.router(away))
    server.include_router(pages.router(single(provider)), prefix="/well")

    async def told(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=server)
        async with httpx.AsyncClient(transport=transport, base_url="http://cockpit.example") as who:
            return await who.get(path)

    def of(path: str) -> httpx.Response:
        # A browser of this session may have an event loop in this thread.
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(asyncio.run, told(path)).result()

    for path in ("/sign-in", "/sign-in?refused=failed"):
        said = of(path).text
        assert ("统一身份现在用不了；请用口令登录" in said, "/sign-in/oidc" in said) == (True, False)
    assert "/sign-in/oidc" in of("/well/sign-in").text
    assert of("/sign-in/oidc").headers["Location"] == "/sign-in?refused=away"
