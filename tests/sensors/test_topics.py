"""Topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.refusal import Reason, Refused
from sensors.topics import CHANNELS, ID, base, parse

IDS = st.from_regex(ID, fullmatch=True)


@given(IDS, IDS, st.sampled_from(sorted(CHANNELS)))
def test_a_topic_comes_apart_into_what_it_was_made_of(community: str, device: str, channel: str) -> None:
    found = parse(f"{base(community, device)}/{channel}")
    assert (found.community, found.device, found.channel) == (community, device, channel)


@given(st.text(max_size=60))
def test_any_other_text_is_a_bad_topic(topic: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(topic)
    assert caught.value.reason == Reason.BAD_TOPIC


@pytest.mark.parametrize(
    ("topic", "why"),
    [
        ("cim/v2/heling/air-01/telemetry", "topic is not cim/v1"),
        ("cim/v1/heling/air-01", "topic is not cim/v1"),
        ("cim/v1/heling/Air-01/telemetry", "device 'Air-01'"),
        ("cim/v1/赫灵/air-01/telemetry", "community '赫灵'"),
        ("cim/v1/heling/air-01/state", "channel 'state' is not one of telemetry, event, status"),
        (f"cim/v1/heling/{'a' * 65}/telemetry", "device 'aaa"),
    ],
)
def test_a_bad_topic_is_told_which_part_is_bad(topic: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        parse(topic)
