"""An identity provider of our own: what a real one does, and what a bad one would."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID = "cockpit"
ACCESS = secrets.token_urlsafe(24)
CLIENT_SECRET = secrets.token_urlsafe(24)


class IdentityProvider(ThreadingHTTPServer):
    """Signs in whoever comes as ``user``; ``wrong`` overrides claims, ``key`` may be one that nobody published.

    With ``at_userinfo`` it names the user there and not in its token, ``told`` overrides what it says there; ``takes``
    is how it wants to be shown the client's secret, None: it does not say; ``slash`` ends its name.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.published = RSAKey.generate_key(2048, parameters={"kid": "one"})
        self.key = self.published
        self.algorithm = "RS256"
        self.user = ""
        self.wrong: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.at_userinfo = False
        self.told: dict[str, Any] = {}
        self.takes: str | None = None
        self.slash = ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def issuer(self) -> str:
        return f"{self.root}{self.slash}"

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def end(self) -> None:
        self.shutdown()
        self.server_close()

    def token(self, nonce: str) -> str:
        """The ID token for whoever is there."""
        at = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": f"sub-{self.user}",
            "aud": CLIENT_ID,
            "exp": at + 300,
            "iat": at,
            "nonce": nonce,
        } | ({} if self.at_userinfo else {"preferred_username": self.user})
        return jwt.encode({"alg": self.algorithm, "kid": "one"}, claims | self.wrong, self.key)


class Answering(BaseHTTPRequestHandler):
    server: IdentityProvider

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/.well-known/openid-configuration":
            root, takes = self.server.root, self.server.takes
            self._say(
                {
                    "issuer": self.server.issuer,
                    "authorization_endpoint": f"{root}/authorize",
                    "token_endpoint": f"{root}/token",
                    "userinfo_endpoint": f"{root}/userinfo",
                    "jwks_uri": f"{root}/keys",
                }
                | ({} if takes is None else {"token_endpoint_auth_methods_supported": [takes]})
            )
        elif address.path == "/userinfo":
            assert self.headers["Authorization"] == f"Bearer {ACCESS}"
            user = self.server.user
            self._say({"sub": f"sub-{user}", "preferred_username": user} | self.server.told)
        elif address.path == "/keys":
            self._say(KeySet([self.server.published]).as_dict(private=False))
        elif address.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT_ID, "S256")
            code = secrets.token_urlsafe(16)
            self.server.codes[code] = asked
            self.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()

    def do_POST(self) -> None:
        given = {name: values[0] for name, values in parse_qs(self.rfile.read(self._length()).decode()).items()}
        shown = self._shown(given)
        asked = self.server.codes.pop(given["code"], None)  # a code is good once
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if shown != f"{CLIENT_ID}:{CLIENT_SECRET}" or asked is None or asked["code_challenge"] != challenge:
            self._say({"error": "invalid_grant"}, 400)
            return
        token = self.server.token(asked["nonce"])
        self._say({"access_token": ACCESS, "token_type": "Bearer", "id_token": token})

    def _shown(self, given: dict[str, str]) -> str:
        """The client's id and secret, by the one way that is taken."""
        header = self.headers.get("Authorization", "")
        if self.server.takes == "client_secret_post":
            assert not header, "a secret is shown one way only (RFC 6749, 2.3)"
            return f"{given.get('client_id')}:{given.get('client_secret')}"
        return base64.b64decode(header.removeprefix("Basic ")).decode()

    def log_message(self, *_arguments: object) -> None:
        pass

    def _length(self) -> int:
        return int(self.headers["Content-Length"])

    def _say(self, said: Any, status: int = 200) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
