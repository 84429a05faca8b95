"""Which page an address asks for; what it asks is checked before anything is laid out."""

import inspect
import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from starlette.routing import compile_path

from cockpit.serving import plain
from cockpit.serving.theme import THEMES
from geo.communities import communities
from layers.web import SKEW
from layers.words import told
from sensors.readings.summary import SHOWN
from store.instant import Instant, now, parse_local
from store.language import CHINESE, LANGUAGES, say

LANG = "lang"
"""The parameter of every page that chooses its language (cockpit/serving/language.py)."""
OURS = ("community", "at", "metric", "theme", "event", LANG)
"""Parameters that several pages take: one that is nearly such a name is a slip of the pen."""
LIKE = 0.75
"""How alike two names are (difflib's ratio) before one is taken for a misspelling of the other."""

Layout = Callable[..., Any]
"""Takes what the path's pattern names and the query's parameters by name; answers a component."""


class NoPage(Exception):
    """An address that leads nowhere: 404, or 400 where what it asks cannot be; the text says why."""

    def __init__(self, text: str, status: int = 404) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


@dataclass(frozen=True)
class Page:
    """A page: the template of its path, its layout, and what else must be so before it is one.

    The names of the layout's parameters are what the page may be asked; one without ``at`` has no past, and ``present``
    says why. ``check`` takes what the layout takes and raises `NoPage`.
    """

    path: str
    layout: Layout
    check: Callable[..., None] | None = None
    present: str = ""

    @property
    def has_past(self) -> bool:
        """Whether it can be asked for a past time."""
        return "at" in self.asked

    @property
    def pattern(self) -> re.Pattern[str]:
        """What an address of it matches, its parameters by name."""
        return compile_path(self.path)[0]

    @property
    def asked(self) -> frozenset[str]:
        """What the page may be asked."""
        names = inspect.signature(self.layout).parameters.keys() - {"_other"}
        return frozenset(name.removesuffix("_") for name in names)


class Found(NamedTuple):
    """A page with what is asked of it; ``key`` is its row in the table of permissions."""

    key: str
    layout: Layout
    asked: dict[str, str]

    def laid_out(self) -> Any:
        """The page's component."""
        return self.layout(**{_argument(name): value for name, value in self.asked.items()})


def _argument(name: str) -> str:
    """A parameter of an address as Python can write it: ``from`` is a word of its own there."""
    return f"{name}_" if keyword.iskeyword(name) else name


def find(pages: Sequence[Page], path: str, search: str) -> Found:
    """The page that an address asks for.

    Raises
    ------
    NoPage
        If no page is there, or it cannot be what the query asks for.
    """
    for page in pages:
        match = page.pattern.fullmatch(unquote(path))
        if match is None:
            continue
        named = match.groupdict()
        query = _query(search)
        if "at" in query and not page.has_past:
            raise NoPage(say("这个页面只有现在，不能回看：{why}", why=say(page.present)), 400)
        _check_names(query, page.asked - named.keys())
        _check_values(query | named)
        if page.check is not None:
            page.check(**query | named)
        return Found(f"PAGE {page.path}", page.layout, query | named)
    raise NoPage(say("这个地址没有内容。"))


def instant_of(text: str) -> Instant:
    """A past time as somebody typed it: with an offset, or by the clock of Asia/Shanghai.

    Raises
    ------
    NoPage
        If it cannot be read, or lies in the future or before 1970.
    """
    try:
        at = parse_local(text)
    except (ValueError, OverflowError) as error:
        raise NoPage(told(str(error)), 400) from None
    if at > now() + SKEW:
        raise NoPage(say("时间「{text}」还没有到，只能回看过去", text=text[:40]), 400)
    if at < 0:
        raise NoPage(say("时间「{text}」太早", text=text[:40]), 400)
    return at


def refusal(error: NoPage) -> str:
    """The whole page that says why there is none, and leads home."""
    title = say("没有这个页面") if error.status == 404 else say("这个地址有误")
    return plain.page(title, error.text, {say("回到总览"): "/"}, theme="dark")


def _query(search: str) -> dict[str, str]:
    pairs = parse_qsl(search.removeprefix("?"))
    query = dict(pairs)
    for name in query:
        if sum(other == name for other, _ in pairs) > 1:
            raise NoPage(say("参数「{name}」写了不止一次", name=name[:40]), 400)
    return query


def _check_names(query: Mapping[str, str], known: frozenset[str]) -> None:
    for name in query.keys() - known:
        if name in OURS:
            continue
        like = get_close_matches(name.lower(), [*known, *OURS], 1, LIKE)
        if like:
            raise NoPage(say("参数「{name}」不认识，是不是「{like}」？", name=name[:40], like=like[0]), 400)


def _check_values(asked: Mapping[str, str]) -> None:
    community = asked.get("community")
    if community is not None and community not in communities():
        known = say("、").join(communities())
        raise NoPage(say("没有社区「{community}」，只有 {known}", community=community[:64], known=known), 404)
    if asked.get("theme", THEMES[0]) not in THEMES:
        raise NoPage(
            say("没有配色「{theme}」，只有 {known}", theme=asked["theme"][:40], known=say("、").join(THEMES)), 400
        )
    if asked.get(LANG, CHINESE) not in LANGUAGES:
        raise NoPage(
            say("没有语言「{lang}」，只有 {known}", lang=asked[LANG][:40], known=say("、").join(LANGUAGES)), 400
        )
    if "metric" in asked and asked["metric"] not in SHOWN:
        raise NoPage(
            say("没有指标「{metric}」，可以是 {known}", metric=asked["metric"][:40], known=say("、").join(SHOWN)), 400
        )
    if "at" in asked:
        instant_of(asked["at"])
