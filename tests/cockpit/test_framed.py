"""What a terminal shows: one frame whose sides stand straight, and an address that is never cut in two."""

from cockpit.commands.framed import columns, framed

LINES = ("大屏  wall  http://127.0.0.1:8050/wall/heling", "a", "", "首位系统管理员")


def test_the_sides_of_the_frame_stand_straight_beside_chinese() -> None:
    shown = framed("CIM 驾驶舱", LINES, 100).split("\n")
    assert len({columns(line) for line in shown}) == 1
    assert [line[0] + line[-1] for line in shown] == ["┌┐", *["││"] * len(LINES), "└┘"]


def test_where_the_terminal_is_narrow_an_address_stands_alone_on_its_line() -> None:
    shown = framed("CIM 驾驶舱", LINES, 40).split("\n")
    assert LINES[0] in shown
    assert columns(shown[0]) == columns(shown[-1]) == 39
