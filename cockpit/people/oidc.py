"""Signing in by another provider (OpenID Connect Core 1.0, code flow with PKCE).

Who may sign in and as what is decided here, not there: the provider only vouches for a name that an
admin has added. What a sign-in under way needs (state, nonce, verifier) travels sealed in the browser's
own cookie, so that nothing is kept for those who never come back.
"""

import json
import threading
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

from store.instant import SECOND, now
from store.seal import Seal, SealError

log = structlog.get_logger(__name__)

CALLBACK = "/sign-in/oidc/callback"
DISCOVERY = "/.well-known/openid-configuration"
UNDER_WAY_S = 600
TIMEOUT_S = 10
LEEWAY_S = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures with a public key only: one by the client's secret would make the secret a key of the provider's."""


class OidcError(Exception):
    """Nobody was signed in; the message is for the log, not for the screen."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """An identity provider; ``claim`` is where its token names the user."""

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

    @property
    def issuer(self) -> str:
        """Who vouches."""
        return self._provider.issuer

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
        return self._claims(str(token.get("id_token", "")), kept["nonce"]), kept["then"]

    def name_of(self, claims: dict[str, Any]) -> str:
        """The user's name as the provider vouches for it."""
        name = claims.get(self._provider.claim)
        if not isinstance(name, str) or not name:
            raise OidcError(f"the token has no claim {self._provider.claim!r}")
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
            described = _got(self._provider.issuer.rstrip("/") + DISCOVERY)
            if described.get("issuer") != self._provider.issuer:
                raise OidcError(f"the provider calls itself {described.get('issuer')!r}")
            with self._lock:
                self._described = described
        return described

    def _client(self) -> OAuth2Session:
        return OAuth2Session(
            self._provider.client_id,
            self._provider.client_secret,
            scope="openid profile",
            redirect_uri=self._redirect,
            code_challenge_method="S256",
        )


def own_path(path: str) -> str:
    """The path where it is one of ours, else the first page: a link must not lead away after a sign-in."""
    address = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not address.netloc and path.isprintable()
    return path if is_ours else "/"


def _got(url: str) -> Any:
    try:
        answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise OidcError(f"{urlsplit(url).hostname} does not answer: {type(error).__name__}") from None
