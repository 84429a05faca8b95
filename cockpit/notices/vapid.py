"""How services of Web Push know who sends (VAPID, RFC 8292), and what is sent to them (RFC 8030).

What is sent is empty: a phone is woken, and says in its own words that there is something to see. So the service
that passes it on, which is somebody else's, learns nothing but that.
"""

import base64
from urllib.parse import urlsplit

import httpx
import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from store.instant import HOUR, SECOND, Instant

FORMAT = "push"
KEPT_S = 12 * 3600
"""So long a service keeps what a phone that is off did not get."""
SIGNED_FOR = 12 * HOUR
COORDINATE_BYTES = 32
GONE = frozenset({404, 410})
"""What a service answers where a phone does not want to be called any more."""


def new_key() -> str:
    """A private key, as PEM."""
    made = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.private_bytes(*form).decode()


def public(pem: str) -> str:
    """The public key of a private one, as a browser takes it."""
    return _point(_private(pem))


def signed(url: str, pem: str, at: Instant, page: str | None) -> dict[str, str]:
    """The headers by which a service knows who sends, and how long it is to try (RFC 8292, 2; RFC 8030, 5).

    Of ``page``, where what is told of can be seen, it hears whose it is (2.1), the same in each call: which event it is
    about is none of its business.
    """
    private = _private(pem)
    address = urlsplit(url)
    claims = {"aud": f"{address.scheme}://{address.netloc}", "exp": (at + SIGNED_FOR) // SECOND}
    if page is not None:
        ours = urlsplit(page)
        claims["sub"] = f"{ours.scheme}://{ours.netloc}"
    told = f"{_text({'typ': 'JWT', 'alg': 'ES256'})}.{_text(claims)}"
    r, s = decode_dss_signature(private.sign(told.encode(), ec.ECDSA(hashes.SHA256())))
    signature = _base64(r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big"))
    vapid = f"vapid t={told}.{signature}, k={_point(private)}"
    return {"Authorization": vapid, "TTL": str(KEPT_S), "Urgency": "high"}


def is_gone(answer: httpx.Response) -> bool:
    """Whether a phone does not want to be called any more."""
    return answer.status_code in GONE


def _private(pem: str) -> ec.EllipticCurvePrivateKey:
    found = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise ValueError("the key of Web Push is on an elliptic curve")
    return found


def _point(private: ec.EllipticCurvePrivateKey) -> str:
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return _base64(point)


def _text(content: object) -> str:
    return _base64(msgspec.json.encode(content))


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
