"""What a category is called, on screens and in the documents."""

from pathlib import Path
from types import SimpleNamespace

from layers.grid_events.rules import categories
from layers.grid_events.told import category_name


def test_a_category_that_is_none_of_ours_is_shown_with_what_was_said() -> None:
    said = SimpleNamespace(category="other", category_reported="fire.smoke")
    assert category_name(said) == "其他（报为 fire.smoke）"  # type: ignore[arg-type]  # as a row has them
    known = SimpleNamespace(category="safety.smoke", category_reported=None)
    assert category_name(known) == "烟感报警"  # type: ignore[arg-type]


def test_every_category_that_a_device_may_send_is_documented() -> None:
    told = (Path(__file__).parents[2] / "docs" / "devices.md").read_text(encoding="utf-8")
    assert [code for code in categories() if f"| `{code}` | {categories()[code].name} |" not in told] == []
