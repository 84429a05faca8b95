"""Makes the documents pages that a browser opens without a server. Usage: pages.py OUT.

Markdown as CommonMark with tables, by markdown-it-py; links between documents follow, pictures come along.
"""

import re
import shutil
import sys
from html import escape
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
FIRST = ("README.md", "README.zh-CN.md", "docs/install.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md")
PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{up}pages.css">
</head>
<body>
<nav>{way}</nav>
<main>
{text}
</main>
</body>
</html>
"""
STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #777; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.6 system-ui, "Noto Sans CJK SC", sans-serif; display: flex; max-width: 1300px; }
nav { flex: 0 0 14rem; padding: 1.5rem 1rem; border-right: 1px solid var(--line); font-size: 14px;
  position: sticky; top: 0; max-height: 100vh; overflow-y: auto; }
nav a { display: block; padding: .15rem 0; text-decoration: none; }
nav a[aria-current] { font-weight: bold; }
main { flex: 1; min-width: 0; padding: 1rem 2rem 4rem; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
pre { background: #8881; padding: .8rem 1rem; overflow-x: auto; }
pre code { overflow-wrap: normal; }
@media (max-width: 800px) {
  body { display: block; }
  nav { position: static; max-height: none; border: 0; border-bottom: 1px solid var(--line); }
}
@media print { nav { display: none; } }
"""


def sources() -> list[Path]:
    """Every document, the first ones first; of releases the newest first."""
    docs = sorted((ROOT / "docs").glob("*.md"))
    releases = sorted((ROOT / "docs" / "releases").glob("*.md"), reverse=True)
    return list(dict.fromkeys([*(ROOT / name for name in FIRST), *releases, *docs]))


def place(source: Path) -> Path:
    """Where a document's page lies: README.md of the project is the first page, docs/ is left out."""
    inside = source.relative_to(ROOT)
    if inside.parts[0] == "docs":
        inside = inside.relative_to("docs")
    return Path("index.html") if inside.name == "README.md" else inside.with_suffix(".html")


def anchor(heading: str) -> str:
    """What a heading is called in links: as on the sites where these documents are read otherwise."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def rendered(source: Path) -> tuple[str, str]:
    """A document's title, and its text as HTML."""
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(source.read_text(encoding="utf-8"))
    title = source.stem
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(following.content.replace("`", "")))
            title = following.content if token.tag == "h1" else title
    for token in tokens:
        for child in token.children or ():
            _lead(child, source)
    return title, markdown.renderer.render(tokens, markdown.options, {})


def _lead(token: Token, source: Path) -> None:
    """Have a link or a picture lead to the page or file of the same name."""
    name = {"link_open": "href", "image": "src"}.get(token.type)
    target = str(token.attrGet(name)) if name else ""
    if not target or "://" in target or target.startswith("#"):
        return
    path, _, fragment = target.partition("#")
    there = (source.parent / path).resolve()
    if there in sources():
        to = place(there)
    elif there.is_relative_to(ROOT / "docs") and there.suffix != "":
        to = there.relative_to(ROOT / "docs")
    else:
        return  # a file of the source, which is not carried
    up = "../" * (len(place(source).parts) - 1)
    token.attrSet(name or "", f"{up}{to}{'#' if fragment else ''}{fragment}")


def main(out: str) -> None:
    """Write every page."""
    folder = Path(out)
    shutil.copytree(ROOT / "docs", folder, ignore=shutil.ignore_patterns("*.md"))
    (folder / "pages.css").write_text(STYLE, encoding="utf-8")
    made = {source: rendered(source) for source in sources()}
    for source, (title, text) in made.items():
        here = place(source)
        up = "../" * (len(here.parts) - 1)
        way = "".join(
            f'<a href="{up}{place(other)}"{" aria-current=page" if other == source else ""}>{escape(name)}</a>'
            for other, (name, _) in made.items()
        )
        lang = "zh-CN" if "zh-CN" in source.name else "en"
        page = PAGE.format(lang=lang, title=escape(title), up=up, way=way, text=text)
        (folder / here).parent.mkdir(parents=True, exist_ok=True)
        (folder / here).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
