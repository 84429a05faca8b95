"""Declarations that no register could be kept by are refused at the start, with where and why."""

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from geo import communities
from layers.indicators.declare import declared
from layers.services.registers import declare, exports
from layers.services.registers.declare import DeclarationError, registers
from tests.layers.services.registers import CLERK, COMMUNITY, SEAL

GARDENS = """
name = "菜园"
name_en = "Gardens"
scene = "services"
{head}
[[fields]]
code = "title"
name = "名称"
name_en = "Title"
type = "text"
[[fields]]
code = "story"
name = "经过"
name_en = "Story"
type = "long"
personal = true
[[fields]]
code = "person"
name = "服务对象"
name_en = "Person"
type = "row"
to = "persons"
"""
FIELD = '[[fields]]\ncode = "{code}"\nname = "数"\nname_en = "Figure"\ntype = "{type}"\n{more}\n'


def field(code: str = "figure", type_: str = "integer", more: str = "") -> str:
    return FIELD.format(code=code, type=type_, more=more)


@pytest.mark.parametrize(
    ("head", "more", "why"),
    [
        ("retention = { months = 0, why = 'w', why_en = 'w' }", "", "retention.months: 0; 1 to 1200"),
        ("retention = { months = 1201, why = 'w', why_en = 'w' }", "", "retention.months: 1201"),
        ("", field(type_="place", more="layer = 'moon'"), "layer: 'moon' is not one of the ground's"),
        ("", field().replace("数", "名称"), "fields.figure: is called '名称' like title"),
        ("", field().replace("Figure", "TITLE"), "fields.figure: is called 'title' like title"),
        ("", field(more="on = ['persons']"), "fields.figure: on: integer names no row"),
        ("", field(more="but = ['corridor']"), "fields.figure: but: integer names no place"),
        ("", field(more="least = 5\nmost = 1"), "least: 5 is more than most, 1"),
        ("", field(type_="text", more="most = 0"), "0 characters hold nothing"),
        ("", field(more="required = true\ncomputed = true"), "nobody can enter what is computed"),
        ("quick = { find = 'title', choose = 'person' }", "", "quick.find: 'title' is text, not row"),
        ("quick = { find = 'person', choose = 'title' }", "", "quick.choose: 'title' is text, not choice or yes_no"),
        ("quick = { find = 'person', choose = 'story', now = 'title' }", "", "quick.choose: 'story' is long"),
        ("quick = { find = 'person', choose = 'nothing' }", "", "quick: no field 'nothing'"),
        *(("", field(code=code), "no code for a field") for code in ("values", "reference", "called", "reason", "seq")),
        ("first = 'open'", "", "first: 'open', and there are no states"),
        ("writes = 'steward'\nnames = 'manager'", "", "writes: a steward could not see what is personal"),
        ("key = ['title', 'title']", "", "key: 'title' twice"),
        ("label = ['title', 'title']", "", "label: 'title' twice"),
    ],
)
def test_what_no_register_could_be_kept_by_is_refused(head: str, more: str, why: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare.read(GARDENS.format(head=head) + more, "gardens", "x/gardens.toml")
    assert "x/gardens.toml" in str(caught.value)
    assert why in str(caught.value)


def test_a_register_cannot_have_the_code_of_another_address() -> None:
    with pytest.raises(DeclarationError, match=r"erasure.*an address already"):
        declare.read(GARDENS.format(head=""), "erasure", "x/erasure.toml")


def test_a_community_s_own_register_has_nothing_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = GARDENS.format(head='behind = "earning"')
    assert declare.read(text, "gardens", "shipped").behind == "earning"
    monkeypatch.setattr(communities, "registers", lambda _community: {"gardens.toml": text.encode()})
    declare.own.cache_clear()
    try:
        with pytest.raises(DeclarationError, match="behind: only registers that ship"):
            declare.own(COMMUNITY)
    finally:
        declare.own.cache_clear()


@pytest.mark.parametrize(("name", "title"), [("进/出库", "进 出库"), ("[一]:二?" * 9, ""), ("'", "1")])
def test_a_register_of_any_name_is_exported(engine: Engine, name: str, title: str) -> None:
    text = GARDENS.format(head="").replace('"菜园"', f'"{name}"')
    made = declare.read(text, "gardens", "x")
    with engine.connect() as connection:
        content = exports.table(connection, SEAL, made, COMMUNITY, [], "xlsx", CLERK)
    found = load_workbook(io.BytesIO(content)).active.title
    assert 0 < len(found) <= 31
    assert not title or found in (title, "Gardens")


OTHERS = {
    "heling": ("塔海", "Tahai", "优优"),
    "tahai": ("赫灵", "Heling", "方岩", "Fangyan", "胡公", "Hu Gong", "Hugong", "太阳幼儿园"),
}
"""Words that belong to the other community."""


@pytest.mark.parametrize("community", OTHERS)
def test_no_community_is_told_of_the_others_places(community: str) -> None:
    told = {f"register {code}": str(one) for code, one in registers(community).items()}
    told |= {f"indicator {code}": str(one) for code, one in declared(community).items()}
    found = {where: [word for word in OTHERS[community] if word in text] for where, text in told.items()}
    assert {where: words for where, words in found.items() if words} == {}


def test_a_community_adds_to_what_a_register_says_of_itself() -> None:
    ours, theirs = (registers(one)["meal_prices"] for one in ("tahai", "heling"))
    assert ours.about.startswith(theirs.about)
    assert ("每餐 10 元" in ours.about, "每餐 10 元" in theirs.about) == (True, False)
    assert ours.about_en.startswith(theirs.about_en)
    assert "10 yuan a meal" in ours.about_en
