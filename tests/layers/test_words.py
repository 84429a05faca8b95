"""What is said in English has its Chinese: every message in the sources, every code, every title."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from layers import words
from sensors.codecs.installed import codecs
from sensors.devices.words import Scope
from sensors.refusal import Reason, Refused
from store.instant import now

ROOT = Path(__file__).parents[2]
DETAIL = {"Problem": 2, "Refused": 1, "BadPosition": 0, "CommandError": 0, "SealError": 0, "Overload": 2, "TooMuch": 0}
DETAIL |= {"SheetFault": 2, "unfit": 1, "RegistryError": 0, "WordError": 0}
"""What is raised, and which of its arguments people read."""
ELSEWHERE = {
    "cockpit/notices/": {"BadSetting"},
    "cockpit/people/": {"BadSetting", "WeakPassword"},
    "cockpit/displays/": {"BadSetting"},
    "cockpit/names.py": {"BadSetting"},
    "geo/stewards.py": {"LookupError", "ValueError"},
    "geo/versions.py": {"LookupError"},
    "store/instant.py": {"ValueError"},
}
"""Rooms and files whose errors, of a kind that the command line says too, are read on pages."""


def template(node: ast.expr | None) -> str | None:
    """A message with ``{}`` for what varies; None where it is not written out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = template(node.left), template(node.right)
        return None if left is None or right is None else left + right
    return None


def messages() -> Iterator[tuple[str, str]]:
    """(file, template) of every message that people may read."""
    for folder in ("cockpit", "layers", "sensors", "geo", "store"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for function in [
                node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            ]:
                yield from ((name, text) for text in of_function(name, function))


def of_function(name: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(node.value)
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        kind = node.func.id
        is_read = any(kind in kinds for where, kinds in ELSEWHERE.items() if name.startswith(where))
        place = 0 if is_read else DETAIL.get(kind)
        if kind == "Refused" and name.startswith("cockpit/edge/"):
            place = DETAIL["Problem"]
        if kind == "busy" and name.startswith("cockpit/"):
            place = 0
        if place is None or len(node.args) <= place:
            continue
        given = node.args[place]
        options = assigned.get(given.id, []) if isinstance(given, ast.Name) else [given]
        yield from (text for text in map(template, options) if text)


KNOWN = "Not Found"
"""Stands for what varies: also where that is a message itself."""
PASSED_ON = {"{}{}", "{}: {}", "{}: {}{}", "{}", ""}
"""Templates that only put messages of others together."""


def test_every_message_that_people_read_has_its_chinese() -> None:
    missing = {
        f"{name}: {text}"
        for name, text in messages()
        if text not in PASSED_ON and words.in_chinese(text.replace("{}", KNOWN)) is None
    }
    assert sorted(missing) == []


def test_a_message_that_names_somebody_in_chinese_is_told_in_chinese() -> None:
    named = "信息员"
    english = {
        f"{name}: {text}"
        for name, text in messages()
        if text not in PASSED_ON and "{}" in text
        if words.in_chinese(written := text.replace("{}", named)) in (None, written) and not is_chinese(text)
    }
    assert sorted(english) == []


def is_chinese(text: str) -> bool:
    """Whether a template is written in Chinese, or said in the language that is spoken."""
    return words.CHINESE.search(text) is not None


@pytest.mark.parametrize(
    "payload",
    [
        b"{not json",
        b"",
        b"\x00\x00",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        '{"名": 1}'.encode("gbk"),
        b"\x1f\x8b\x08\x00",
        b'{"pm2_5": NaN}',
        b'{"pm2_5": 35,5}',
        b"{'pm2_5': 35}",
        b'{"pm2_5": True}',
        b'{"pm2_5": 35,}',
        b'{"pm2_5": }',
        b'{"pm2_5": 35}\x00',
        b'{"pm2_5": 35}{"pm10": 1}',
        b'{"pm2_5": 35} end',
        b'{"pm2_5": 3',
        b"pm2_5: 35",
        b'{"pm2_5": 035}',
        b'{"pm2_5": .5}',
        b'{"pm2_5": 1; "pm10": 2}',
        '{"pm2_5"：35}'.encode(),
        b'{"a": "\\ud83d"}',
        b'{"a": "\x01"}',
        b'{"a": 1, "a": 2}',
        b'[{"n": "3303/0/5700", "v": 1}, {"n": "4000/0/5700"}, 5]',
        b'{"ts": "1700000000", "values": {"pm2_5": 1}}',
        b'{"ts": 1700000000, "values": {"pm2_5": 1}}',
        b'{"ts": "2026/1/2 8:00", "values": {"pm2_5": 1}}',
        b'{"ts": 4102444800000, "values": {"pm2_5": 1}}',
        b'{"ts": 0, "values": {"pm2_5": 1}}',
        b'{"pm2_5": 1, "lon": 500, "lat": 1}',
        b'{"pm2_5": 1, "lon": 5, "lat": 1, "crs": "moon"}',
        b'{"pm2_5": 1, "lon": 5}',
        b'{"pm2_5": []}',
        b'{"pm2_5": null}',
        b"5",
    ],
)
def test_what_an_installer_is_told_of_a_payload_is_told_in_chinese(payload: bytes) -> None:
    with pytest.raises(Refused) as refused:
        codecs().decode(payload, now(), "air-01", None)
    said = words.in_chinese(refused.value.detail)
    assert said is not None, refused.value.detail


def test_every_title_of_a_problem_has_its_chinese() -> None:
    titles = set()
    for path in [*(ROOT / "cockpit").rglob("*.py"), *(ROOT / "layers").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                titles |= {arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant)}
    assert titles - words.table()["titles"].keys() == set()


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("this needs manager; you are steward", "需要管理员；您是网格员"),
        ("wrong_shape: severity 'huge' is not one of minor, major", "格式不符：级别「huge」不认识，可以是 低、中"),
        ("no device 'air-1' in 'heling'", "社区「heling」没有设备「air-1」"),
        ("lon: 'a' is not a finite number", "lon：「a」 不是有限的数"),
        ("ts: status is 'on'; expected online or offline", "ts：status 为 「on」，应为 online 或 offline"),
        (
            "'信息员' is the last admin of all communities; make another one first",
            "「信息员」是最后一位全部社区的系统管理员；请先设另一位",
        ),
        ("sent by 'air-01': topic is not a/b/c/d", "「air-01」发来：主题应为 a/b/c/d"),
        ("nobody ever wrote this", None),
        ("nobody ever wrote '信息员'", None),
        ("此事项刚刚已转为「办结」；请看过再定", "此事项刚刚已转为「办结」；请看过再定"),
    ],
)
def test_a_message_keeps_what_it_names(english: str, chinese: str | None) -> None:
    assert words.in_chinese(english) == chinese


def test_each_reason_of_a_refusal_has_a_word() -> None:
    assert words.table()["reasons"].keys() == set(Reason)


def test_each_action_of_the_audit_trail_has_a_word() -> None:
    said = set()
    for folder in ("cockpit", "layers", "sensors", "geo", "store"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                    said |= {arg.value for arg in node.args[2:3] if isinstance(arg, ast.Constant)}
    assert {action for action in said if action not in words.table()["actions"]} == set()


def test_what_a_row_of_the_audit_trail_names_has_a_word() -> None:
    found = {
        (path.name, key)
        for folder in ("cockpit", "layers", "sensors", "geo", "store")
        for path in (ROOT / folder).rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for key in _told(function)
    }
    assert len(found) > 30
    assert {(name, key) for name, key in found if key not in words.table()["details"]} == set()


def test_whose_a_word_for_a_metric_is_stands_in_the_audit_trail_by_a_word() -> None:
    assert {str(scope) for scope in Scope} <= words.codes().keys()


def _told(function: ast.FunctionDef) -> Iterator[str]:
    """The names in what a function tells the trail, written in the call or in a variable of it."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and len(node.args) > 4]
    details = [call.args[4] for call in calls if ast.unparse(call.func) == "audit.record"]
    variables = {node.id for detail in details for node in ast.walk(detail) if isinstance(node, ast.Name)}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id in variables for target in targets):
                details.append(node.value)
    for detail in details:
        for part in ast.walk(detail):
            if isinstance(part, ast.Dict):
                yield from (str(key.value) for key in part.keys if isinstance(key, ast.Constant))
