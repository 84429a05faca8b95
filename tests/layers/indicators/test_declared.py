"""What is declared: each scene has figures, in both languages, that can be counted and name nobody."""

import pytest

from geo import communities as geo
from geo.communities import communities
from layers.indicators import declare
from layers.indicators.declare import DeclarationError, Indicator, declared, factors, formula_of, scene, source_of
from layers.scenes import scenes
from layers.services.registers.declare import registers


def every() -> list[Indicator]:
    return [one for community in communities() for one in declared(community).values()]


@pytest.mark.parametrize("community", ["heling", "tahai"])
def test_each_scene_has_three_to_six_figures_and_one_that_leads(community: str) -> None:
    for code in scenes():
        found = [one for one in declared(community).values() if one.scene == code]
        assert 3 <= len(found) <= 6, (community, code)
        assert any(one.leads and one.sees == "everybody" for one in found), (community, code)


def test_what_everybody_is_told_of_people_is_one_figure_of_each_register() -> None:
    told: dict[str, set[str]] = {}
    for community in communities():
        for one in declared(community).values():
            source = source_of(one.kind)
            assert source is not None
            if source.is_of_people(community, formula_of(one)) and one.sees == "everybody":
                told.setdefault(str(one.formula), set()).add(one.code)
                told.setdefault(one.formula.get("register", one.code), set()).add(one.code)
    assert all(len(codes) == 1 for codes in told.values()), "two totals of the same people tell by their difference"


def test_the_three_scenes_that_the_source_does_not_mention_say_so() -> None:
    assert [code for code in scenes() if not scene(code).mentioned] == ["building", "transport", "low_carbon"]


def test_labels_are_verbatim() -> None:
    labels = {one.text for code in scenes() for one in scene(code).labels}
    assert {"1249行动计划", "X+6+9+15 党建资源"} <= labels


def test_baselines_are_of_2023_and_say_so() -> None:
    values = {one.code: one.baseline for one in every() if one.baseline is not None}
    assert {code: one.value for code, one in values.items()} == {
        "scenic_visits_year": 1_000_000,
        "learners_year": 400,
        "employed": 300,
        "partners": 8,
        "visited_year": 26,
        "clinic_departments_week": 10,
        "rooms": 6400,
    }
    assert all("2023" in one.words and "2023" in one.words_en and one.year == 2023 for one in values.values())


def test_the_carbon_factor_names_its_source_and_year() -> None:
    factor = factors()["grid_2023"]
    assert (factor.factor, factor.year) == (0.5306, 2023)
    assert "生态环境部" in factor.source


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[indicators]]\ncode = 1", "code"),
        ("nonsense = 1", "nonsense"),
        ("[scene]\nmentioned = 3", "mentioned"),
        ("[[indicators]", "Expected"),
    ],
)
def test_a_declaration_that_cannot_be_names_the_place(text: str, why: str) -> None:
    with pytest.raises(DeclarationError, match=why):
        declare.read(text, "health", "declared/health.toml")


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ({"kind": "nothing"}, "nothing"),
        ({"kind": "register", "register": "none"}, "none"),
        ({"kind": "register", "register": "meals", "date": "guest"}, "guest"),
        ({"kind": "register", "register": "meals", "of": "sum", "field": "meal"}, "meal"),
        ({"kind": "register", "register": "persons", "of": "distinct", "field": "name"}, "name"),
        ({"kind": "register", "register": "persons", "where": ["name:eq:张"]}, "name"),
        ({"kind": "register", "register": "clubs", "states": ["gone"]}, "gone"),
        ({"kind": "events", "states": ["gone"]}, "gone"),
        ({"kind": "metric", "metric": "gone"}, "gone"),
        ({"kind": "devices", "device": "gone"}, "gone"),
        ({"kind": "visits", "site": "gone"}, "gone"),
        ({"kind": "governance", "of": "good", "kind_of_matter": "gone"}, "gone"),
        ({"kind": "events", "more": 1}, "more"),
        ({"kind": "register", "register": "clubs", "people": False}, "people"),
        ({"kind": "register", "register": "clubs", "where": ["art:eq:x"] * 290}, "20"),
    ],
)
def test_a_formula_that_cannot_be_counted_says_why(formula: dict[str, object], why: str) -> None:
    one = Indicator(code="own", scene="health", name="自定", name_en="own", formula=formula)
    assert why in (declare.fault("heling", one) or "")


@pytest.mark.parametrize(
    "formula",
    [
        {"kind": "register", "register": "businesses", "of": "sum", "field": "employees"},
        {"kind": "register", "register": "businesses", "where": ["employees:le:2"]},
        {"kind": "register", "register": "meals"},
        {"kind": "governance", "of": "served"},
        {"kind": "governance", "of": "open", "kind_of_matter": "mediation"},
    ],
)
def test_whoever_declares_it_a_number_of_people_is_one(formula: dict[str, object]) -> None:
    one = Indicator(code="own", scene="health", name="自定", name_en="own", formula=formula, sees="everybody")
    assert declare.fault("heling", one) is None
    assert declare.own_fault("heling", one) is not None


CAPACITY = {"places", "target"}
OPEN = {("poi_visits", "persons"), ("poi_visits", "in_groups")}
"""Numbers that everybody reads row by row."""


def test_every_number_of_people_of_a_register_is_marked_as_one() -> None:
    for community in communities():
        for code, register in registers(community).items():
            for field in register.fields:
                if field.unit in ("人", "人次") and field.code not in CAPACITY and (code, field.code) not in OPEN:
                    assert field.people or field.personal, (code, field.code)


OWN = """
[[indicators]]
code = "{code}"
name = "自有"
name_en = "own"
sees = "{sees}"
formula = {{ kind = "register", register = "{register}" }}
"""


@pytest.mark.parametrize(
    ("file", "told", "why"),
    [
        ("health.toml", {}, ""),
        ("nothing.toml", {}, "none of the nine scenes"),
        ("health.toml", {"code": "employed"}, "employed"),
        ("health.toml", {"register": "nothing"}, "nothing"),
        ("health.toml", {"register": "meals", "sees": "everybody"}, "own"),
        ("health.toml", {"register": "meals"}, ""),
    ],
)
def test_a_communitys_own_indicators_stand_in_its_folder(
    monkeypatch: pytest.MonkeyPatch, file: str, told: dict[str, str], why: str
) -> None:
    text = OWN.format(**{"code": "own", "register": "clubs", "sees": "steward"} | told)
    monkeypatch.setattr(geo, "indicators", lambda _community: {file: text.encode()})
    declared.cache_clear()
    try:
        if why:
            with pytest.raises(DeclarationError, match=why):
                declared("heling")
        else:
            assert declared("heling")["own"].scene == "health"
    finally:
        declared.cache_clear()
