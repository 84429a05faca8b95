"""How a notice is written for who gets it: signed JSON, a robot of 钉钉, a robot of 企业微信, a phone."""

import base64
import hashlib
import hmac
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote_plus

import httpx
import msgspec

from cockpit.notices import vapid
from geo import whereabouts
from geo.communities import communities
from geo.ground import place
from layers.declare import notice_row
from layers.grid_events.rules import SEVERITIES, categories
from sensors.metrics import metrics
from store.instant import MILLISECOND, SECOND, format_rfc3339, local_clock
from store.language import in_all, marked, named, say

ROBOT_BUSY_S = 60
"""Robots take 20 messages a minute; then they want to be left alone."""
TEST = "test"
"""The kind of a notice that only tries a webhook."""
HEADS = {
    TEST: marked("【{community}】{kind}"),
    "alarm": marked("【{community}】{kind}"),
    "": marked("【{community}】网格事件{kind}"),
}
"""Kind of a notice, or the group of them before the point, and how its first line reads; without a row: of an event."""
BUSY = frozenset({130101, 45009})
"""errcode of 钉钉 and of 企业微信 for too many messages."""


@dataclass(frozen=True)
class Outgoing:
    """A request that is to be posted."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Failure:
    """Why a delivery was not taken, and after how long at least it may be tried again.

    ``is_for_good``: nothing ever will be.
    """

    reason: str
    wait_s: int = 0
    is_for_good: bool = False


@dataclass(frozen=True)
class Format:
    """A way to write a notice, and to read what is answered."""

    write: Callable[[str, str | None, Any, int, str | None], Outgoing]
    judge: Callable[[httpx.Response], Failure | None]


def _json(url: str, secret: str | None, row: Any, at: int, page: str | None) -> Outgoing:
    """Standard Webhooks 1.0: id, timestamp and body are signed together by HMAC-SHA256."""
    number = f"{row.community}-{row.id}"
    told = {
        "id": row.subject,
        "title": row.title,
        **({} if row.title_en is None else {"title_en": row.title_en}),
        "area": row.place,
        **in_all("area_name", _area(row)),
        **in_all("place", _where(row)),
        "severity": row.severity,
        **in_all("severity_name", SEVERITIES.get(row.severity)),
        "category": row.category,
        **in_all("category_name", _category(row)),
        **in_all("text", _kind(row), "text"),
        "community": row.community,
        "url": page,
        **({"test": True} if row.kind == TEST else {}),
    }
    kind = TEST if row.kind == TEST else f"grid_event.{row.kind}"
    body = msgspec.json.encode({"type": kind, "timestamp": format_rfc3339(row.at), "data": told})
    seconds = str(at // SECOND)
    key = base64.b64decode((secret or "").removeprefix("whsec_"))
    signature = hmac.digest(key, f"{number}.{seconds}.".encode() + body, "sha256")
    headers = {
        "webhook-id": number,
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + base64.b64encode(signature).decode(),
    }
    return _posted(url, body, headers)


def _dingtalk(url: str, secret: str | None, row: Any, at: int, page: str | None) -> Outgoing:
    """自定义机器人, 加签: timestamp and HMAC-SHA256 of timestamp and secret in the address."""
    if secret:
        ms = at // MILLISECOND
        digest = hmac.new(secret.encode(), f"{ms}\n{secret}".encode(), hashlib.sha256).digest()
        url += f"{'&' if '?' in url else '?'}timestamp={ms}&sign={quote_plus(base64.b64encode(digest))}"
    return _posted(url, msgspec.json.encode({"msgtype": "text", "text": {"content": _words(row, page)}}))


def _wecom(url: str, _secret: str | None, row: Any, _at: int, page: str | None) -> Outgoing:
    """群机器人: the key stands in the address."""
    return _posted(url, msgspec.json.encode({"msgtype": "text", "text": {"content": _words(row, page)}}))


def _push(url: str, secret: str | None, _row: Any, at: int, page: str | None) -> Outgoing:
    """Web Push, empty: a phone is woken and asks."""
    return Outgoing(url, vapid.signed(url, secret or "", at, page), b"")


def _posted(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Outgoing:
    return Outgoing(url, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, body)


def _words(row: Any, page: str | None) -> str:
    # One whose folder was taken away is known by its code alone.
    known = communities().get(row.community)
    head = HEADS.get(row.kind.partition(".")[0], HEADS[""])
    of = (named(found) for found in (_where(row), _category(row)) if found is not None)
    about = [
        *([say("严重程度 {name}", name=named(SEVERITIES[row.severity]))] if row.severity in SEVERITIES else []),
        *of,
    ]
    lines = [
        say(head, community=known.name if known else row.community, kind=named(_kind(row), "text")),
        row.title,
        *([" · ".join(about)] if about else []),
        say("编号 {subject} · {at}", subject=row.subject, at=local_clock(row.at)),
        *([page] if page else []),
    ]
    return "\n".join(lines)


def _kind(row: Any) -> Any:
    return _own_kinds().get(row.kind) or notice_row(row.kind)


@cache
def _own_kinds() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("cockpit.notices") / "notices.toml").read_text(encoding="utf-8"))


def _area(row: Any) -> Any:
    return place(row.community, "areas", row.place) if row.place and row.community in communities() else None


def _where(row: Any) -> Any:
    """The place as far as it is known, down to the room; None where nothing is."""
    return whereabouts.words(row.community, row.spot, area=row.place) if row.community in communities() else None


def _category(row: Any) -> Any:
    """What an event's category is called, or the metric of an alarm; None where nobody knows it any more."""
    return categories().get(row.category) or metrics().get(row.category)


def _by_status(answer: httpx.Response) -> Failure | None:
    return None if answer.is_success else Failure(f"answered {answer.status_code}")


def _by_service(answer: httpx.Response) -> Failure | None:
    if vapid.is_gone(answer):
        return Failure(f"answered {answer.status_code}", is_for_good=True)
    return _by_status(answer)


def _by_errcode(answer: httpx.Response) -> Failure | None:
    """A robot answers 200 whatever it thinks; what counts is errcode."""
    if not answer.is_success:
        return Failure(f"answered {answer.status_code}")
    try:
        said = answer.json()
        code = said["errcode"]
    except (ValueError, TypeError, KeyError):
        return Failure("answered no errcode")
    if code == 0:
        return None
    return Failure(f"errcode {code}: {str(said.get('errmsg', ''))[:120]}", ROBOT_BUSY_S if code in BUSY else 0)


FORMATS: dict[str, Format] = {
    "json": Format(_json, _by_status),
    "dingtalk": Format(_dingtalk, _by_errcode),
    "wecom": Format(_wecom, _by_errcode),
    vapid.FORMAT: Format(_push, _by_service),
}
"""Every format by its code."""
OF_WEBHOOKS = tuple(code for code in FORMATS if code != vapid.FORMAT)
"""Those that somebody may choose for a webhook; a phone is a person's own."""
