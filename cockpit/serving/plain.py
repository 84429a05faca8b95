"""A page of a heading, a sentence and ways on, which needs no script: what is shown where there is no other page."""

from html import escape

from cockpit.serving import bundle
from store.language import current, say

PAGE = """<!DOCTYPE html>
<html lang="{lang}" data-theme="{theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}<title>{title} · {cockpit}</title>
<link rel="stylesheet" href="{sheet}">
</head>
<body><main class="desk page-missing"><h1>{title}</h1><p>{why}</p><p>{ways}</p></main></body>
</html>"""


def page(title: str, why: str, ways: dict[str, str], theme: str, again_s: int | None = None) -> str:
    """The page in the language of who asks; ``ways`` are addresses by their words.

    After ``again_s`` seconds the browser asks for the same again by itself.
    """
    return PAGE.format(
        title=title,
        why=escape(why),
        ways=" · ".join(f'<a href="{escape(to)}">{escape(word)}</a>' for word, to in ways.items()),
        head="" if again_s is None else f'<meta http-equiv="refresh" content="{again_s}">\n',
        cockpit=say("CIM 驾驶舱"),
        lang=current(),
        theme=theme,
        sheet=bundle.sheets().path,
    )
