"""Which panels a community shows is said by its own folder; where it says nothing all stand in their places."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from geo import communities, folders
from geo.communities import community
from geo.errors import BadCommunity
from layers import panels
from tests.towns import xinlin


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    communities.take(())


def told(folder: Path, text: str) -> None:
    """Know 新邻 with some more lines in its ``community.toml``."""
    own = xinlin(folder) / "community.toml"
    own.write_text(own.read_text(encoding="utf-8") + text, encoding="utf-8")
    communities.take(folders.read(folder))


def row(code: str, column: str, more: str = "") -> str:
    """A panel as ``community.toml`` names it."""
    return f'\n[[panels]]\ncode = "{code}"\ncolumn = "{column}"\n{more}'


def codes(shown: list[object]) -> list[str]:
    """The codes of panels that were laid out."""
    return [getattr(one, "data-panel") for one in shown]


def test_a_community_that_names_none_shows_the_layers_own() -> None:
    heling = community("heling")
    assert codes(panels.on_wall(heling, "left")) == ["areas", "devices"]
    assert codes(panels.on_wall(heling, "right")) == ["alarms", "grid_events", "visitors"]
    assert codes(panels.on_first_page(heling)) == ["areas", "devices", "alarms", "grid_events", "visitors"]


def test_tahai_opens_with_governance_and_the_old_and_the_young_and_has_no_visitors() -> None:
    tahai = community("tahai")
    assert codes(panels.on_wall(tahai, "left")) == ["governance", "services"]
    assert codes(panels.on_wall(tahai, "right")) == ["alarms", "grid_events", "areas", "devices"]
    assert codes(panels.on_first_page(tahai))[:2] == ["governance", "services"]
    assert "visitors" not in codes(panels.on_first_page(tahai))
    assert "七彩邻里 平安嘉园" in str(panels.on_wall(tahai, "left")[0])


def test_a_folder_names_its_panels_their_order_and_their_column(tmp_path: Path) -> None:
    told(tmp_path, row("devices", "right") + row("services", "home") + row("areas", "right", 'note = "邻里"\n'))
    own = community("xinlin")
    assert codes(panels.on_wall(own, "left")) == []
    assert codes(panels.on_wall(own, "right")) == ["devices", "areas"]
    assert codes(panels.on_first_page(own)) == ["devices", "services", "areas"]
    assert panels.codes(own) == {"devices", "areas"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (row("weather", "left"), "'xinlin/community.toml': panels: no panel 'weather'; there are: areas, "),
        (row("areas", "left") + row("areas", "right"), "'xinlin/community.toml': panels: 'areas' stands there twice"),
    ],
)
def test_a_panel_that_is_none_is_refused_before_anything_is_served(tmp_path: Path, text: str, why: str) -> None:
    told(tmp_path, text)
    with pytest.raises(panels.UnknownPanel) as refused:
        panels.check()
    assert str(refused.value).startswith(why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (row("areas", "middle"), "Invalid enum value 'middle'"),
        (row("areas", "left", 'note = "a\\u0007"\n'), "panels.note: 'a\\x07' has characters that are not printed"),
    ],
)
def test_a_row_that_is_none_is_refused_with_its_folder(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadCommunity, match=r"xinlin/community\.toml") as refused:
        told(tmp_path, text)
    assert why in str(refused.value)
