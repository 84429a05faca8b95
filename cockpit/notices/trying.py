"""A test of a webhook: a notice that is marked as one is sent to it now, and what was answered is told."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from cockpit.notices import webhooks
from cockpit.notices.formats import TEST
from cockpit.notices.sending import send
from cockpit.one_at_a_time import OneAtATime
from geo.communities import Community
from geo.ground import places
from layers.problem import Problem
from store import audit
from store.instant import Instant, now
from store.language import in_all, say, spoken
from store.seal import Seal

_turns = OneAtATime()


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A notice that is written nowhere: as one of a grid event, with severity, category and place."""

    community: str
    id: int
    at: Instant
    title: str
    title_en: str | None
    place: str | None
    spot: str | None = None
    kind: str = TEST
    subject: str = "test"
    severity: str = "minor"
    category: str = "facility.lighting"


def trial_of(community: Community) -> Trial:
    """The notice of a test."""
    moment = now()
    area = next(iter(places(community.code, "areas")), None)
    return Trial(
        community=community.code,
        id=moment,
        at=moment,
        place=area.code if area else None,
        **in_all("title", spoken(lambda: say("测试通知，请勿处理"))),
    )


def hook_of(connection: Connection, community: Community, name: str, actor: str) -> Any:
    """The webhook that is to be tried, which the trail is told.

    Raises
    ------
    BadSetting
        If there is none of that name.
    """
    row = webhooks.named(connection, community.code, name)
    audit.record(connection, actor, "webhook.test", name, {"community": community.code})
    return row


def attempt(seal: Seal, public_url: str | None, community: Community, hook: Any) -> dict[str, Any]:
    """Send the notice of a test, within the budgets of a delivery; answers what came of it and after how many ms.

    Raises
    ------
    Problem
        429 where the same webhook is being tried.
    """
    with _turns.turn((community.code, hook.name)) as is_alone:
        if not is_alone:
            raise Problem(429, "busy", say("正在测试这个推送，请等它回答"), retry_after=1)
        began = time.monotonic()
        outcome = send(seal, public_url, hook, trial_of(community))
        took = round((time.monotonic() - began) * 1000)
    reason = outcome.failure.reason if outcome.failure else None
    return {"name": hook.name, "taken": outcome.failure is None, "status": outcome.status, "ms": took, "reason": reason}
