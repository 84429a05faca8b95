"""What the cockpit is reached by, and what it reaches: broker, pages, proxies, the provider of sign-in."""

import ipaddress
import socket
from typing import Any

import httpx
import requests

from cockpit.checks.finding import look, setting, wrong
from cockpit.closed import FILE
from cockpit.people.oidc import asked, discovery_of
from cockpit.people.unanswered import why
from cockpit.resources import devices_address, is_broker_only_here, is_loopback, reachable
from cockpit.settings import Settings

TIMEOUT_S = 3
PROXIES_TODO = "name the proxy's address, as 127.0.0.1; until then all people behind it are one address"
LEAST_BITS = 8
"""Of the prefix of a network of proxies: 10.0.0.0/8 may be somebody's own, what is wider is nobody's."""
PUBLIC_TODO = (
    "set what browsers show, with its port; where it is that already, have the proxy pass on the host with its port"
    " (nginx: proxy_set_header Host $http_host) and X-Forwarded-Proto"
)
BROKER_TODO = (
    "set it to 0.0.0.0, with COCKPIT_MQTT_CERTIFICATE and COCKPIT_MQTT_KEY; well so where all devices are here"
)
PAGES_TODO = (
    "put a proxy with TLS before the pages (nginx), and set COCKPIT_PUBLIC_URL and COCKPIT_TRUSTED_PROXIES;"
    " well so where nobody else is to look"
)
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def broker(settings: Settings) -> str:
    """Whether the broker of the devices answers."""
    there = devices_address(settings)
    where = f"{there.host}:{there.port}"
    try:
        with socket.create_connection((there.host, there.port), timeout=TIMEOUT_S):
            pass
    except OSError as error:
        todo = "start the cockpit (systemctl start cim-cockpit), or the broker of COCKPIT_MQTT_URL; then its log"
        raise wrong(f"no broker: {error.strerror or error}", where, todo) from None
    if is_broker_only_here(settings):
        what = f"{where} answers, and on this machine only: no device of another one gets in"
        raise look(what, setting("mqtt_host"), BROKER_TODO)
    return f"{where} answers"


def web(settings: Settings) -> str:
    """Whether the pages answer, and can do their work."""
    url = _ready(settings)
    try:
        answered = httpx.get(url, timeout=TIMEOUT_S, trust_env=False)
    except httpx.HTTPError as error:
        todo = "start the cockpit: systemctl start cim-cockpit; then journalctl -u cim-cockpit"
        raise wrong(f"no answer: {error}", url, todo) from None
    if _says_closed(answered):
        todo = "run the newer version's file again: it brings the upgrade to its end, or takes it back"
        raise look("up, and takes nothing: an upgrade has not come to its end", str(settings.data_dir / FILE), todo)
    if answered.is_error:
        todo = "what is not ok in the answer says which part; then its log (journalctl -u cim-cockpit)"
        raise wrong(f"says {answered.status_code}: {answered.text[:200]}", url, todo)
    return f"{url} says {answered.status_code}"


def _says_closed(answered: httpx.Response) -> bool:
    try:
        return bool(answered.json()["status"] == "closed")
    except (ValueError, KeyError, TypeError):
        return False


def _ready(settings: Settings) -> str:
    host = reachable(settings.http_host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.http_port}/readyz"


def proxies(settings: Settings) -> str:
    """Whether a proxy is named where there is one, and TLS stands before what the network reaches."""
    where = setting("trusted_proxies")
    told = _told(settings)
    unnamed, says = told.get("unnamed"), told.get("says")
    if unnamed is not None:
        raise wrong(f"a proxy at {unnamed} passes requests on, and is not named", where, PROXIES_TODO)
    everybody = [one for one in settings.proxies if ipaddress.ip_network(one).prefixlen < LEAST_BITS]
    if everybody:
        what = f"{', '.join(everybody)} is so wide that nearly anybody may claim any address"
        raise wrong(what, where, "name the proxy's own address, as 127.0.0.1")
    if says is not None and settings.public_url is not None:
        what = f"the proxy says that people come by {says}, and the setting says {settings.public_url}"
        raise look(what, setting("public_url"), PUBLIC_TODO)
    if settings.proxies:
        return f"their word counts: {', '.join(settings.proxies)}"
    if settings.public_url is not None and settings.public_url.startswith("https://"):
        what = f"{settings.public_url} is reached by TLS, so through a proxy, and none is named"
        raise wrong(what, where, PROXIES_TODO)
    if not is_loopback(settings.http_host):
        todo = "listen on 127.0.0.1, put a proxy with TLS before it (nginx), and name it in COCKPIT_TRUSTED_PROXIES"
        raise look("pages and passwords go over the network without TLS", setting("http_host"), todo)
    if settings.public_url is None:
        raise look("no proxy is named: the pages are for this machine only", setting("public_url"), PAGES_TODO)
    return "none; pages are for this machine only"


def _told(settings: Settings) -> dict[str, Any]:
    """What the running pages say of proxies; nothing where they do not answer, which another check tells."""
    try:
        found: dict[str, Any] = httpx.get(_ready(settings), timeout=TIMEOUT_S, trust_env=False).json()["checks"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return {}
    return dict(found.get("proxy", {}))


def provider(settings: Settings) -> str:
    """Whether the provider of sign-in is there, and calls itself what the setting says."""
    if settings.oidc_issuer is None:
        return "none, COCKPIT_OIDC_ISSUER is not set"
    issuer, where = settings.oidc_issuer, setting("oidc_issuer")
    url = discovery_of(issuer)
    try:
        told = asked(url, timeout_s=TIMEOUT_S)
    except (requests.RequestException, ValueError) as error:
        todo = "open that address in a browser on this machine; look at the network, its certificate and the setting"
        raise wrong(f"the provider does not answer: {why(error)}", url, todo) from None
    name = told.get("issuer")
    if name != issuer:
        differs = "by the slash at its end" if str(name).rstrip("/") == issuer.rstrip("/") else "altogether"
        raise wrong(f"it calls itself {name!r}, which differs {differs}", where, f"set it to {name}, sign for sign")
    missing = [one for one in NEEDED if one not in told]
    if missing:
        todo = "it is no provider of OpenID Connect, or the address lies too far up"
        raise wrong(f"it tells no {', '.join(missing)}", url, todo)
    return f"{issuer} answers"
