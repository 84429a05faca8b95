"""How a notice is written for who gets it: signed JSON, a robot of 钉钉, a robot of 企业微信."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import httpx
import msgspec

from geo.communities import communities
from geo.ground import place
from layers.declare import notice_row, notice_word
from store.instant import MILLISECOND, SECOND, format_rfc3339, local_clock
from store.language import in_all, say

ROBOT_BUSY_S = 60
"""Robots take 20 messages a minute; then they want to be left alone."""
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
    """Why a delivery was not taken, and after how long at least it may be tried again."""

    reason: str
    wait_s: int = 0


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
        **in_all("text", notice_row(row.kind), "text"),
        "community": row.community,
        "url": page,
    }
    body = msgspec.json.encode({"type": f"grid_event.{row.kind}", "timestamp": format_rfc3339(row.at), "data": told})
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


def _posted(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Outgoing:
    return Outgoing(url, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, body)


def _words(row: Any, page: str | None) -> str:
    # One whose folder was taken away is known by its code alone.
    known = communities().get(row.community)
    community = known.name if known else row.community
    area = place(row.community, "areas", row.place) if row.place and known else None
    lines = [
        say("【{community}】网格事件{kind}", community=community, kind=notice_word(row.kind)),
        f"{row.title} · {area.name}" if area else row.title,
    ]
    lines += [say("编号 {subject} · {at}", subject=row.subject, at=local_clock(row.at)), *([page] if page else [])]
    return "\n".join(lines)


def _by_status(answer: httpx.Response) -> Failure | None:
    return None if answer.is_success else Failure(f"answered {answer.status_code}")


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
}
"""Every format by its code."""
