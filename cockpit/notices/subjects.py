"""Where a notice leads: the page of what it is about."""

from collections.abc import Mapping
from urllib.parse import quote

PAGES: Mapping[str, str] = {
    "alarm.flood": "/alarms?community={community}",
    "alarm": "/alarms?community={community}&alarm={subject}",
    "test": "/people?community={community}",
    "": "/events/{subject}?community={community}",
}
"""A kind of notice, or a group of them (what stands before the point), and the address; without a row: of an event."""


def page_of(kind: str, subject: str, community: str) -> str:
    """The path and query of the page of a notice's subject.

    >>> page_of("alarm.raised", "a20261124-x", "heling")
    '/alarms?community=heling&alarm=a20261124-x'
    >>> page_of("overdue", "20261124-x", "heling")
    '/events/20261124-x?community=heling'
    """
    found = next(address for key in (kind, kind.partition(".")[0], "") if (address := PAGES.get(key)))
    return found.format(subject=quote(subject, safe=""), community=community)
