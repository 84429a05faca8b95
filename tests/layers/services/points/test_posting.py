"""Entries that a manager posts by hand: which sides go together, once for a reference, told in the audit trail."""

from typing import Any

import pytest

from layers.services.points import posting, queries
from layers.services.points.posting import Asked
from store import audit
from store.engine import writing
from tests.layers.services.points.rows import MANAGER, Shop, balance, refused


def post(shop: Shop, **asked: Any) -> tuple[dict[str, Any], bool]:
    with writing(shop.engine) as connection:
        number, is_new = posting.post(connection, shop.community, Asked(**asked), MANAGER, shop.at)
        return queries.entry(connection, shop.community, number), is_new


def test_a_person_gets_points_and_spends_them_whichever_way_the_sides_are_named(shop: Shop) -> None:
    person = shop.person()
    first, _ = post(shop, person=person, amount=10)
    assert (first["kind"], first["amount"], first["balance"], first["person"]) == ("earned", 10, 10, person)
    account = first["account"]
    for asked, amount in (
        ({"person": person, "source": "issued"}, 1),
        ({"target": account}, 1),
        ({"target": account, "source": "issued"}, 1),
        ({"source": account}, -1),
        ({"source": account, "target": "spent"}, -1),
        ({"person": person, "target": "spent"}, -1),
    ):
        assert post(shop, amount=1, **asked)[0]["amount"] == amount, asked
    assert balance(shop, person) == 10


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"source": "issued"},
        {"source": "issued", "target": "spent"},
        {"source": "spent", "person": 0},
        {"target": "issued", "person": 0},
        {"target": "expired", "person": 0},
        {"source": "nothing", "person": 0},
        {"source": "issued", "target": "spent", "person": 0},
    ],
)
def test_no_other_sides_go_together(shop: Shop, asked: dict[str, Any]) -> None:
    person = shop.person()
    shop.earn(person, 5)
    with refused(400):
        post(shop, amount=1, **asked | ({"person": person} if "person" in asked else {}))
    assert balance(shop, person) == 5


def test_no_points_go_from_one_person_to_another(shop: Shop) -> None:
    one, _ = post(shop, person=shop.person(), amount=5)
    other, _ = post(shop, person=shop.person(), amount=5)
    with refused(400):
        post(shop, source=one["account"], target=other["account"], amount=1)


def test_the_same_reference_is_the_same_entry(shop: Shop) -> None:
    person = shop.person()
    first, is_new = post(shop, person=person, amount=10, reference="a")
    again, is_new_again = post(shop, person=person, amount=10, reference="a")
    assert (is_new, is_new_again) == (True, False)
    assert first["id"] == again["id"]
    for other in ({"amount": 11}, {"amount": 10, "target": "spent"}, {"amount": 10, "person": shop.person()}):
        with refused(409, id=first["id"]):
            post(shop, **{"person": person, "reference": "a"} | other)
    assert balance(shop, person) == 10


def test_what_follows_from_a_register_is_not_reversed_behind_its_back(shop: Shop) -> None:
    shop.policy()
    person = shop.person()
    row = shop.write("volunteer_hours", person=person, activity="清扫", hours=1, day=shop.today)
    with shop.engine.connect() as connection:
        [account], _ = queries.listed(connection, shop.community, 1)
        [entry], _ = queries.statement(connection, shop.community, account["id"], 1)
    assert entry["row"] == row.id
    with refused(409, row=row.id), writing(shop.engine) as connection:
        posting.reverse(connection, shop.community, entry["id"], "误录", MANAGER, shop.at)


def test_a_reversal_needs_a_reason_and_the_trail_tells_of_both(shop: Shop) -> None:
    entry, _ = post(shop, person=shop.person(), amount=10)
    with refused(400), writing(shop.engine) as connection:
        posting.reverse(connection, shop.community, entry["id"], " ", MANAGER, shop.at)
    with writing(shop.engine) as connection:
        reversal = posting.reverse(connection, shop.community, entry["id"], "重复记分", MANAGER, shop.at)
        told = queries.entry(connection, shop.community, reversal)
        newest = audit.rows(connection, 2)
    assert (told["kind"], told["balance"], told["memo"]) == ("reversal", 0, "重复记分")
    assert [(row["action"], row["object"]) for row in newest] == [
        ("points.reverse", str(entry["id"])),
        ("points.entry", str(entry["id"])),
    ]


def test_accounts_of_other_communities_are_none(shop: Shop) -> None:
    entry, _ = post(shop, person=shop.person(), amount=10)
    other = Shop(shop.engine)
    with refused(404):
        post(other, source=entry["account"], amount=1)
    with refused(404):
        post(other, person=shop.people[0], amount=1)
