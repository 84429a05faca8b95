"""An indicator as it is declared: a figure of one of the nine scenes, what makes it, its period and who sees it.

Those that ship stand in ``declared/``, a file for each scene; a community's own in the folder ``indicators`` of its
folder; and managers add further ones (`layers.indicators.kept`). Nothing in a declaration is run: its formula names a
source that a layer declares, and the fields that this one takes.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import msgspec

from geo import communities as geo
from layers.declare import sources
from layers.indicators.entered import SOURCE as ENTERED
from layers.indicators.periods import Period
from layers.roles import EVERYBODY
from layers.scenes import scenes
from layers.sources import Formula, Source
from store.language import say

ENDING = ".toml"
CODE = re.compile(r"[a-z][a-z0-9_]{1,39}\Z")
Role = Literal["everybody", "steward", "manager", "admin"]


class DeclarationError(Exception):
    """A declaration that cannot be; says which file, where and why."""


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was said of a past year, to compare with; never a live value. ``words`` are those of who said it."""

    value: float | None = None
    year: int
    words: str
    words_en: str


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A name of a programme that is shown as it was said; ``about`` tells what is known of it."""

    text: str
    text_en: str
    about: str
    about_en: str
    communities: tuple[str, ...] = ()


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is said of a scene: whether the source article mentions it, its labels, the kinds of facilities in it."""

    mentioned: bool = True
    labels: tuple[Label, ...] = ()
    facilities: tuple[str, ...] = ()


class Factor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of factors.toml."""

    factor: float
    name: str
    name_en: str
    source: str
    source_en: str
    year: int


Text = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Words = Annotated[str, msgspec.Meta(max_length=500)]


class Indicator(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An indicator.

    ``formula`` names its source by ``kind``, and what this one takes; ``factor`` a row of factors.toml. ``target`` is
    of a period, and ``better`` says whether more or less is. ``sees`` is the least role that is told the figure.
    ``digits`` are shown behind the point. ``leads``: it stands for its scene on the wall. ``withdrawn``: it is shown
    no more. ``communities`` are those that have it, all
    where none is named.
    """

    code: str
    scene: str
    name: Text
    name_en: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    unit: Annotated[str, msgspec.Meta(max_length=20)] = ""
    unit_en: Annotated[str, msgspec.Meta(max_length=40)] = ""
    formula: dict[str, Any]
    factor: str = ""
    period: Period = "month"
    target: float | None = None
    better: Literal["more", "less", ""] = ""
    sees: Role = "everybody"
    digits: Annotated[int, msgspec.Meta(ge=0, le=6)] = 0
    order: int = 100
    leads: bool = False
    baseline: Baseline | None = None
    withdrawn: bool = False
    communities: tuple[str, ...] = ()
    about: Words = ""
    about_en: Words = ""

    @property
    def kind(self) -> str:
        """The code of its source."""
        return str(self.formula.get("kind", ""))


def source_of(kind: str) -> Source | None:
    """A source by its code; None where no layer has it."""
    return ENTERED if kind == "entered" else sources().get(kind)


@cache
def factors() -> Mapping[str, Factor]:
    """The rows of factors.toml."""
    text = (files("layers.indicators") / "factors.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Factor])


def formula_of(one: Indicator) -> Formula:
    """An indicator's formula as its source takes it.

    Raises
    ------
    msgspec.ValidationError
        If it cannot be.
    """
    source = source_of(one.kind)
    if source is None:
        raise msgspec.ValidationError(f"formula.kind {one.kind!r} is not one of {', '.join(['entered', *sources()])}")
    return msgspec.convert({key: value for key, value in one.formula.items() if key != "kind"}, source.formula)


def fault(community: str, one: Indicator) -> str | None:
    """Why a community cannot have an indicator; None where it can."""
    if CODE.match(one.code) is None:
        return say("编码 {code} 应为小写字母开头的字母、数字和下划线，最多 40 个", code=one.code[:40])
    if one.scene not in scenes():
        return say("没有场景「{scene}」", scene=one.scene[:40])
    if one.factor and one.factor not in factors():
        return say("没有换算系数「{factor}」", factor=one.factor[:40])
    try:
        formula = formula_of(one)
    except msgspec.ValidationError as error:
        return say("公式有误：{why}", why=str(error))
    source = source_of(one.kind)
    return None if source is None else source.fault(community, formula)


def own_fault(community: str, one: Indicator) -> str | None:
    """The same of one that does not ship: it must not tell everybody of people."""
    wrong = fault(community, one)
    if wrong is not None:
        return wrong
    source = source_of(one.kind)
    if source is not None and one.sees == EVERYBODY and source.is_of_people(community, formula_of(one)):
        # Beside other totals of the same people it could tell who a few of them are.
        return say("统计个人的指标只能给网格员及以上看：与别的合计相减会指认个人")
    return None


@cache
def _shipped() -> Mapping[str, tuple[Scene, tuple[Indicator, ...]]]:
    folder = files("layers.indicators") / "declared"
    names = {name.name.removesuffix(ENDING) for name in folder.iterdir() if name.name.endswith(ENDING)}
    return {
        scene: read((folder / f"{scene}{ENDING}").read_text(encoding="utf-8"), scene, f"declared/{scene}{ENDING}")
        if scene in names
        else (Scene(), ())
        for scene in scenes()
    }


def read(text: str, scene: str, where: str) -> tuple[Scene, tuple[Indicator, ...]]:
    """What a file of a scene declares.

    Raises
    ------
    DeclarationError
        With the file, the place in it, and why.
    """
    try:
        rows = tomllib.loads(text)
        about = msgspec.convert(rows.pop("scene", {}), Scene)
        found = [msgspec.convert({"scene": scene} | row, Indicator) for row in rows.pop("indicators", [])]
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DeclarationError(f"{where}: {error}") from None
    except RecursionError:
        raise DeclarationError(f"{where}: nested too deep") from None
    for key in rows:
        raise DeclarationError(f"{where}: unknown field {key!r}")
    return about, tuple(found)


def scene(code: str) -> Scene:
    """What is said of a scene."""
    return _shipped()[code][0]


@cache
def declared(community: str) -> Mapping[str, Indicator]:
    """The indicators that ship with a community and that its folder brings, by code, in their order.

    One whose formula the community cannot have, since it lacks the register or the site, is left out where it ships.
    """
    found = [
        one
        for _, rows in _shipped().values()
        for one in rows
        if (not one.communities or community in one.communities) and fault(community, one) is None
    ]
    return {one.code: one for one in sorted([*found, *_own(community)], key=lambda one: one.order)}


def _own(community: str) -> list[Indicator]:
    if community not in geo.communities():
        return []
    found = list[Indicator]()
    for name, content in sorted(geo.indicators(community).items()):
        where, code = f"{community}/{geo.INDICATORS}/{name}", name.removesuffix(ENDING)
        if code not in scenes():
            raise DeclarationError(f"{where}: {code!r} is none of the nine scenes: {', '.join(scenes())}")
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise DeclarationError(f"{where}: no UTF-8: {error.reason} at byte {error.start}") from None
        found += read(text, code, where)[1]
    known = {one.code for _, rows in _shipped().values() for one in rows}
    for one in found:
        wrong = say("编码已被占用") if one.code in known else own_fault(community, one)
        if wrong is not None:
            raise DeclarationError(f"{community}/{geo.INDICATORS}: {one.code}: {wrong}")
        known.add(one.code)
    return found


def check() -> None:
    """Look at all declarations, once at the start.

    Raises
    ------
    DeclarationError
        With the first that cannot be: its file, the place in it, and why.
    """
    for _, rows in _shipped().values():
        for one in rows:
            formula_of(one)
    for community in geo.communities():
        declared(community)
