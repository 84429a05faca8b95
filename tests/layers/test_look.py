"""The look: one set of colours, readable, in the map, the panels and the style sheet."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

import assets
from layers.alarms.look import looks
from layers.look import HUES, LEVELS, LIGHT, SCALE, TOKENS

ROOT = Path(__file__).parents[2]
SHEET = (Path(assets.__file__).parent / "css" / "00-tokens.css").read_text(encoding="utf-8")
LOCAL = {
    "--dim",
    "--shift-x",
    "--shift-y",
    "--size",
    "--scale",
    *(f"--word-{word}" for word in ("late", "soon", "all", "due", "there")),
}
"""What is set where it is used: a picture's scale and the size of its letters, the words of 50-languages.css."""
LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3


def sheet_colours(selector: str) -> dict[str, str]:
    """The colours that a block of the style sheet sets."""
    block = SHEET[SHEET.index(selector) :].partition("}")[0]
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block))


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, definition of contrast ratio)."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_style_sheet_has_the_same_colours() -> None:
    assert sheet_colours(":root {") == TOKENS
    assert sheet_colours(':root[data-theme="light"]') == {name: LIGHT[colour] for name, colour in TOKENS.items()}


def test_the_script_and_the_sheet_have_as_many_hues_as_the_map() -> None:
    folder = Path(assets.__file__).parent
    assert re.findall(r"--hue-\d: (#[0-9a-f]{6});", SHEET) == list(HUES)
    assert re.findall(r"--scale-\d: (#[0-9a-f]{6});", SHEET) == [*SCALE, *(LIGHT[colour] for colour in SCALE)]
    sheet = (folder / "css" / "40-map.css").read_text(encoding="utf-8")
    assert len(re.findall(r"\.tone-hue-(\d) { color: var\(--hue-\1\); }", sheet)) == len(HUES)
    assert f"const HUES = {len(HUES)};" in (folder / "js" / "29-map-stewards.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted((Path(assets.__file__).parent / "css").glob("*.css")), ids=lambda path: path.name
)
def test_a_style_sheet_takes_colours_and_letters_from_the_tokens_and_words_from_the_languages(path: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if path.name != "00-tokens.css":
        assert (
            re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)|\b(?:rgba?|hsla?)\(|font-family: (?!var|inherit)", rules) == []
        )
    if path.name != "50-languages.css":
        assert re.findall("[\u4e00-\u9fff]+", rules) == []
    known = {*re.findall(r"(--[a-z0-9-]+):", SHEET), *LOCAL}
    assert {*re.findall(r"var\((--[a-z0-9-]+)", rules)} - known == set()


def test_the_design_sheet_names_every_token_and_every_shape() -> None:
    told = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    names = set(re.findall(r"(--[a-z0-9-]+):", SHEET))
    assert {name for name in names if f"`{name}`" not in told} == set()
    for colours in (TOKENS, {name: LIGHT[colour] for name, colour in TOKENS.items()}):
        assert [colour for colour in colours.values() if colour not in told] == []
    shapes = {(level.symbol, level.name) for level in LEVELS} | {
        (one.symbol, one.name) for one in looks().priorities.values()
    }
    assert [shape for shape in shapes if f"{shape[0]} {shape[1]}" not in told] == []


@pytest.mark.parametrize("selector", [":root {", ':root[data-theme="light"]'])
@pytest.mark.parametrize("name", ["text", "second", "normal", "high", "middle", "low"])
def test_whatever_is_written_can_be_read_on_ground_and_panel(selector: str, name: str) -> None:
    colours = sheet_colours(selector)
    for behind in ("ground", "panel"):
        assert contrast(colours[name], colours[behind]) >= LEAST_CONTRAST, f"{name} on {behind}"


def test_every_level_has_a_colour_a_shape_and_a_word_of_its_own() -> None:
    for part in ("colour", "symbol", "name", "name_en"):
        assert len({getattr(level, part) for level in LEVELS}) == len(LEVELS)


def test_no_style_sheet_or_script_asks_another_host() -> None:
    for path in Path(assets.__file__).parent.rglob("*.*"):
        # Scripts of others hold addresses of papers and specifications, and are kept as they were published.
        if path.suffix in (".css", ".js") and path.parent.name != "vendor":
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")  # a name, never asked
            assert not re.search(r"https?://|@import", text), path.name


def test_scripts_of_others_are_those_that_are_told_of() -> None:
    folder = Path(assets.__file__).parent / "vendor"
    told = dict(
        re.findall(r"\| `([^`]+)` \|.*\| ([0-9a-f]{64}) \|", (folder / "README.md").read_text(encoding="utf-8"))
    )
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")} == told


def test_our_part_of_plotly_is_of_the_version_that_python_brings() -> None:
    ours = json.loads((ROOT / "deploy" / "plotly" / "package.json").read_text())["devDependencies"]["plotly.js"]
    assert ours == get_plotlyjs_version()
