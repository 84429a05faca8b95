"""Both languages are whole: every word of a screen is in a catalogue or a table, and the catalogues are up to date."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cockpit.serving import catalogues
from store.language import CHINESE, LANGUAGES, Word, in_all, named, preferred, read, say, say_n, speaking

ROOT = catalogues.root()
CHINESE_TEXT = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
PLACES = re.compile(r"\{(\w+)\}")
EXCEPTIONS: dict[str, str] = tomllib.loads((Path(__file__).parent / "one_language.toml").read_text(encoding="utf-8"))
TRANSLATED = [tag for tag in LANGUAGES if tag != CHINESE]


def test_python_says_nothing_in_one_language_only() -> None:
    found = [
        f"{path}:{node.lineno}: {text[:60]}"
        for room in catalogues.ROOMS
        for path in (str(one.relative_to(ROOT)) for one in sorted((ROOT / room).rglob("*.py")))
        if path not in EXCEPTIONS
        for node, text in _unsaid(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)


def test_scripts_say_nothing_in_one_language_only() -> None:
    found = []
    for path in sorted((ROOT / "assets").glob("[jp]*/*.js")):
        code = catalogues.SAID.sub("", _without_comments(path.read_text(encoding="utf-8")))
        found += [f"{path.name}: {line.strip()[:90]}" for line in code.splitlines() if CHINESE_TEXT.search(line)]
    assert not found, "\n".join(found)


def test_no_message_is_looked_up_when_a_module_is_loaded() -> None:
    found = []
    for room in catalogues.ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in _outside_functions(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "named"):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not found, "\n".join(found)


def test_tables_have_each_word_in_both_languages() -> None:
    found = []
    for room in catalogues.ROOMS:
        for path in sorted((ROOT / room).rglob("*.toml")):
            name = str(path.relative_to(ROOT))
            if name not in EXCEPTIONS:
                table = tomllib.loads(path.read_text(encoding="utf-8"))
                found += [f"{name}: {where} = {text}" for where, text in _one_sided(name, table)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("domain", catalogues.DOMAINS)
@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalogue_is_up_to_date_and_whole(tag: str, domain: str) -> None:
    kept = catalogues.place_of(tag, domain).read_text(encoding="utf-8")
    assert kept == catalogues.written(tag, domain), "run: make words"
    for message in read(tag, domain):
        if not message.id:
            continue
        source = message.id[0] if message.pluralizable else message.id
        texts = message.string if message.pluralizable else [message.string]
        for text in texts:
            assert text, f"no words for {source!r}"
            assert not CHINESE_TEXT.search(text), text
            assert (text[:1].isspace(), text[-1:].isspace()) >= (source[:1] == " ", source[-1:] == " "), source
        assert set(PLACES.findall(texts[-1])) == set(PLACES.findall(source)), source


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, None),
        ("", None),
        ("fr-FR,fr;q=0.9", None),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("fr,en;q=0.2,zh;q=0.1", "en"),
        ("zh;q=0", None),
        ("en;q=nonsense,zh;q=0.1", "zh-CN"),
    ],
)
def test_a_browsers_languages_are_weighed(accepted: str | None, language: str | None) -> None:
    assert preferred(accepted) == language


def test_words_follow_the_language_that_is_spoken() -> None:
    word = Word("立案", "Filed")
    assert (say("总览"), named(word), say_n("只显示前 {n} 字节。", 1)) == ("总览", "立案", "只显示前 1 字节。")
    with speaking("en"):
        assert (say("总览"), named(word)) == ("Overview", "Filed")
        assert say_n("只显示前 {n} 字节。", 2) == "Only the first 2 bytes are shown."
        assert say("没有设备「{device}」", device="{name}") == 'No device "{name}"'
    assert say("上报¦来源") == "上报"
    assert in_all("state_name", word) == {"state_name": "立案", "state_name_en": "Filed"}


def _unsaid(tree: ast.Module) -> Iterator[tuple[Any, str]]:
    """Texts with Chinese in them that nothing puts in the language that is spoken."""
    said: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            said.add(id(node.value))
        if isinstance(node, ast.Call):
            said |= {id(part) for one in _in_both(node) for part in ast.walk(one)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in said and CHINESE_TEXT.search(str(node.value)):
            yield node, str(node.value)


def _in_both(call: ast.Call) -> list[ast.expr]:
    """What of a call's arguments is a message, or stands beside the same in English."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in catalogues.SAYING:
        return call.args[:1]
    if name == "Word":
        return list(call.args)
    given = {one.arg for one in call.keywords}
    return [one.value for one in call.keywords if f"{one.arg}_en" in given]


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _outside_functions(child)


def _one_sided(file: str, table: Any, where: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(table, list):
        for one in table:
            yield from _one_sided(file, one, where)
    if not isinstance(table, dict):
        return
    for key, value in table.items():
        if not isinstance(value, str):
            yield from _one_sided(file, value, f"{where}.{key}")
        elif CHINESE_TEXT.search(value) and f"{key}_en" not in table and f"{file}:{key}" not in EXCEPTIONS:
            yield f"{where}.{key}", value[:40]


def _without_comments(code: str) -> str:
    return re.sub(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", "", code, flags=re.DOTALL)
