"""Signing in by another provider (OpenID Connect Core 1.0, code flow with PKCE).

Who may sign in and as what is decided here, not there: the provider only vouches for a name that an
admin has added. What a sign-in under way needs (state, nonce, verifier) travels sealed in the browser's
own cookie, so that nothing is kept for those who never come back.
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cockpit.people.unanswered import why
from store.instant import SECOND, now
from store.seal import Seal, SealError

log = structlog.get_logger(__name__)

CALLBACK = "/sign-in/oidc/callback"
DISCOVERY = "/.well-known/openid-configuration"
UNDER_WAY_S = 600
TIMEOUT_S = 10
LEEWAY_S = 60
AGAIN_S = 60.0
"""So often a provider that is not as it should be is looked at again."""
AUTHENTICATIONS = ("client_secret_basic", "client_secret_post")
"""How a client's secret may be shown (OpenID Connect Core, 9); a provider that says nothing takes the first."""
EMAIL = "email"
VERIFIED = (True, "true")
"""An address that nobody vouches for, or of which nothing is said, is anybody's."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures with a public key only: one by the client's secret would make the secret a key of the provider's."""


class OidcError(Exception):
    """Nobody was signed in; the message is for the log, not for the screen."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """An identity provider; ``claim`` is where its token, or what it tells of the user, has the name."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and what it keeps meanwhile."""

    url: str
    cookie: str


class SingleSignOn:
    """Sign-in by a provider; ``public_url`` is where it sends the browser back to."""

    def __init__(self, provider: Provider, public_url: str, seal: Seal) -> None:
        self._provider = provider
        self._redirect = public_url + CALLBACK
        self._seal = seal
        self._lock = threading.Lock()
        self._described: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        self._fault: str | None = None

    @property
    def issuer(self) -> str:
        """Who vouches."""
        return self._provider.issuer

    @property
    def fault(self) -> str | None:
        """What was wrong with the provider when it was last looked at; None: nothing."""
        with self._lock:
            return self._fault

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look at the provider meanwhile until it is as it should be, so that it is told before a person meets it."""
        ended = threading.Event()

        def watch() -> None:
            while not self._is_well() and not ended.wait(AGAIN_S):
                pass

        watching = threading.Thread(target=watch, name="provider", daemon=True)
        watching.start()
        try:
            yield
        finally:
            ended.set()

    def _is_well(self) -> bool:
        try:
            self._authentication()
            fault = None
        except OidcError as error:
            fault = str(error)
        with self._lock:
            is_news, self._fault = fault != self._fault, fault
        if is_news and fault is not None:
            log.warning("provider_wrong", issuer=self._provider.issuer, reason=fault)
        return fault is None

    def begin(self, then: str) -> Begun:
        """Start a sign-in; ``then`` is the page to go to after it.

        Raises
        ------
        OidcError
            If the provider cannot be reached.
        """
        verifier, nonce = generate_token(64), generate_token(32)
        with self._client() as client:
            url, state = client.create_authorization_url(
                self._description()["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "then": own_path(then), "at": now()}
        return Begun(url, self._seal.seal(json.dumps(kept)).decode())

    def finish(self, query: dict[str, str], cookie: str) -> tuple[dict[str, Any], str]:
        """End it; answers the token's claims, checked, and the page to go to.

        Raises
        ------
        OidcError
            If anything is not as it should be.
        """
        kept = self._kept(cookie)
        if "error" in query or "code" not in query:
            raise OidcError(f"the provider answered {query.get('error', 'no code')!r}")
        if query.get("state") != kept["state"]:
            raise OidcError("the answer belongs to another sign-in")
        if query.get("iss", self._provider.issuer) != self._provider.issuer:  # RFC 9207
            raise OidcError("the answer is another provider's")
        try:
            with self._client() as client:
                token = client.fetch_token(
                    self._description()["token_endpoint"],
                    code=query["code"],
                    code_verifier=kept["verifier"],
                    timeout=TIMEOUT_S,
                )
        except (requests.RequestException, OAuthError, ValueError) as error:
            raise OidcError(f"no token: {type(error).__name__}: {error}") from None
        claims = self._claims(str(token.get("id_token", "")), kept["nonce"])
        if self._provider.claim not in claims:
            claims = self._told_of_user(str(token.get("access_token", "")), claims["sub"]) | claims
        return claims, kept["then"]

    def name_of(self, claims: dict[str, Any]) -> str:
        """The user's name as the provider vouches for it."""
        name = claims.get(self._provider.claim)
        if not isinstance(name, str) or not name:
            raise OidcError(f"neither the token nor userinfo has a claim {self._provider.claim!r}")
        if self._provider.claim == EMAIL and claims.get("email_verified") not in VERIFIED:
            raise OidcError("the provider has not verified the address")
        return name

    def _kept(self, cookie: str) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads(self._seal.open(cookie.encode()))
        except SealError:
            raise OidcError("no sign-in is under way in this browser") from None
        if now() - kept["at"] > UNDER_WAY_S * SECOND:
            raise OidcError("it took too long")
        return kept

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        known = {"iss": {"values": [self._provider.issuer]}, "aud": {"values": [self._provider.client_id]}}
        try:
            read = self._read(token)
            claims = CodeIDToken(
                read.claims, read.header, known, {"nonce": nonce, "client_id": self._provider.client_id}
            )
            claims.validate(now=now() // SECOND, leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError) as error:
            raise OidcError(f"the token will not do: {error}") from None
        return dict(claims)

    def _told_of_user(self, access: str, subject: Any) -> dict[str, Any]:
        """What the provider tells of the user beside the token (OpenID Connect Core, 5.3)."""
        url = self._description().get("userinfo_endpoint")
        if not url:
            return {}
        told = _got(url, {"Authorization": f"Bearer {access}"})
        # Else an access token of somebody else could be put in the place of this one's (5.3.2).
        if not isinstance(told, dict) or told.get("sub") != subject:
            raise OidcError("userinfo tells of somebody else")
        return told

    def _read(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have changed its keys.
            return jwt.decode(token, self._key_set(is_renewed=True), algorithms=ALGORITHMS)

    def _key_set(self, *, is_renewed: bool = False) -> KeySet:
        with self._lock:
            keys = self._keys
        if keys is None or is_renewed:
            keys = KeySet.import_key_set(_got(self._description()["jwks_uri"]))
            with self._lock:
                self._keys = keys
        return keys

    def _description(self) -> dict[str, Any]:
        with self._lock:
            described = self._described
        if described is None:
            described = _got(discovery_of(self._provider.issuer))
            if not isinstance(described, dict) or described.get("issuer") != self._provider.issuer:
                own = described.get("issuer") if isinstance(described, dict) else None
                raise OidcError(f"the provider calls itself {own!r}, COCKPIT_OIDC_ISSUER {self._provider.issuer!r}")
            with self._lock:
                self._described = described
        return described

    def _authentication(self) -> str:
        """How the provider wants to be shown the client's secret."""
        taken = self._description().get("token_endpoint_auth_methods_supported") or AUTHENTICATIONS[:1]
        found = next((one for one in AUTHENTICATIONS if one in taken), None)
        if found is None:
            raise OidcError(f"the provider takes the client's secret by none of {', '.join(AUTHENTICATIONS)}")
        return found

    def _client(self) -> OAuth2Session:
        return OAuth2Session(
            self._provider.client_id,
            self._provider.client_secret,
            token_endpoint_auth_method=self._authentication(),
            scope=f"openid profile {EMAIL}" if self._provider.claim == EMAIL else "openid profile",
            redirect_uri=self._redirect,
            code_challenge_method="S256",
        )


def own_path(path: str) -> str:
    """The path where it is one of ours, else the first page: a link must not lead away after a sign-in."""
    address = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not address.netloc and path.isprintable()
    return path if is_ours else "/"


def discovery_of(issuer: str) -> str:
    """The address at which a provider describes itself (OpenID Connect Discovery 1.0, 4)."""
    return issuer.rstrip("/") + DISCOVERY


def asked(url: str, headers: dict[str, str] | None = None, timeout_s: float = TIMEOUT_S) -> Any:
    """What a provider answers, at this very address; raises `requests.RequestException` or ValueError."""
    answer = requests.get(url, headers=headers, timeout=timeout_s, allow_redirects=False)
    answer.raise_for_status()
    return answer.json()


def _got(url: str, headers: dict[str, str] | None = None) -> Any:
    try:
        return asked(url, headers)
    except (requests.RequestException, ValueError) as error:
        raise OidcError(f"{urlsplit(url).hostname} does not answer: {why(error)}") from None
