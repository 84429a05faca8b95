"""Sending one notice to one receiver: written in its form, posted to an address that was judged, the answer read."""

from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from cockpit.notices.destinations import NotAllowed
from cockpit.notices.formats import FORMATS, Failure
from cockpit.notices.posting import post
from cockpit.notices.subjects import page_of
from store.instant import now
from store.seal import Seal, SealError

FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpx.InvalidURL, ValueError)


@dataclass(frozen=True)
class Outcome:
    """What came of it: the status that was answered, None where nothing was; ``failure``: None where it was taken."""

    status: int | None
    failure: Failure | None


def send(seal: Seal, public_url: str | None, hook: Any, told: Any) -> Outcome:
    """Send a notice; ``hook`` is a webhook's row with ``format``, ``url`` and ``secret``, ``told`` the notice's."""
    form = FORMATS[hook.format]
    page = public_url and public_url + page_of(told.kind, told.subject, told.community)
    try:
        secret = seal.open(hook.secret) if hook.secret else None
        answer = post(form.write(seal.open(hook.url), secret, told, now(), page))
        return Outcome(answer.status_code, form.judge(answer))
    except (SealError, NotAllowed) as error:
        return Outcome(None, Failure(str(error)))
    except FAILURES as error:
        # The address, which may be a secret, is in some of their messages.
        return Outcome(None, Failure(type(error).__name__))
