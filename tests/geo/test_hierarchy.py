"""The tree of the ground: every figure adds up along it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo import ground, hierarchy

NODES = st.sampled_from(hierarchy.tree("heling").nodes)


def test_parents_stand_before_their_children_and_ids_are_unique() -> None:
    for community in ("heling", "tahai"):
        tree = hierarchy.tree(community)
        assert len(tree.index) == len(tree.nodes)
        for node in tree.nodes[1:]:
            assert node.parent is not None
            assert tree.index[node.parent] < tree.index[node.id]


def test_the_centre_has_two_storeys_with_the_rooms_of_the_source() -> None:
    tree = hierarchy.tree("heling")
    above = {node.id: node.parent for node in tree.nodes}
    assert above["rooms/centre-1-study"] == "buildings/centre/1"
    assert above["rooms/centre-2-calligraphy"] == "buildings/centre/2"
    assert above["buildings/centre/2"] == "buildings/centre"
    assert above["buildings/centre"] == "sites/centre"
    names = {node.name for node in tree.nodes if node.level == "room"}
    assert {"CIM驾驶舱", "共享书房", "议事厅", "众创空间", "方岩镇社工站", "软笔书法教室"} <= names
    assert all(node.cim_level == 5 for node in tree.nodes if node.level in ("storey", "room"))


def test_the_rooms_of_a_storey_fill_it_without_lying_in_each_other() -> None:
    rooms = ground.frame("heling", "rooms").to_crs(4549)
    centre = ground.frame("heling", "buildings").to_crs(4549).set_index("code").loc["centre"].geometry
    for storey, own in rooms.groupby("storey"):
        assert abs(own.geometry.union_all().area - own.geometry.area.sum()) < 1, storey
        assert abs(own.geometry.area.sum() - 3200) < 10
        assert own.geometry.union_all().difference(centre.buffer(0.1)).area < 1


@given(st.lists(st.tuples(NODES, st.integers(0, 1000)), max_size=30))
def test_a_figure_counts_at_its_place_and_at_all_above_it_and_nowhere_else(things: list[tuple]) -> None:  # type: ignore[type-arg]
    tree = hierarchy.tree("heling")
    totals = tree.sums([node.id for node, _ in things], np.array([value for _, value in things], dtype=float))
    above = {node.id: node.parent for node in tree.nodes}
    expected = dict.fromkeys(above, 0)
    for node, value in things:
        place: str | None = node.id
        while place is not None:
            expected[place] += value
            place = above[place]
    assert dict(zip(above, totals.tolist(), strict=True)) == expected


def test_a_thing_belongs_to_its_room_else_its_building_else_its_area_else_the_community() -> None:
    study = ground.place("heling", "rooms", "centre-1-study")
    house = ground.places("heling", "buildings")[0]
    assert study is not None
    lons = np.array([study.label[0], study.label[0], house.label[0], 120.1905, 121.0, np.nan])
    lats = np.array([study.label[1], study.label[1], house.label[1], 28.92515, 28.0, np.nan])
    places = hierarchy.places_of("heling", lons, lats, ["centre-1-study", None, None, None, None, None])
    assert places[:2] == ["rooms/centre-1-study", "buildings/centre"]
    assert places[2] == f"buildings/{house.code}"
    assert places[3].split("/")[0] in ("areas", "buildings")
    assert places[4:] == [hierarchy.ROOT, hierarchy.ROOT]
