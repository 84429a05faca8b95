"""The two pages that stand before sign-in: plain HTML, so that nothing else need be open to strangers."""

from importlib.resources import files
from string import Template

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from cockpit.people import users
from cockpit.people.passwords import MIN_LENGTH
from layers.web import Given

PAGE = Template((files("cockpit.people") / "page.html").read_text(encoding="utf-8"))
NAME = '<label>用户名 <input name="name" autocomplete="username" maxlength="80" required autofocus></label>'
HIDDEN = '<label>{} <input name="{}" type="password" autocomplete="{}" maxlength="512" required></label>'
ADVICE = f"<p>至少 {MIN_LENGTH} 个字符。几个不相干的词连成一句，好记也难猜；不必有数字和符号，也不必定期更换。</p>"
CHOOSE = HIDDEN.format("新口令", "password", "new-password") + HIDDEN.format("再输一次", "again", "new-password")


def router() -> APIRouter:
    """``/sign-in`` and ``/welcome``."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    def sign_in() -> HTMLResponse:
        fields = NAME + HIDDEN.format("口令", "password", "current-password")
        return _page("sign-in", "登录", fields, "登录")

    @routes.get("/welcome")
    def welcome(given: Given) -> HTMLResponse:
        with given.databases.shared.connect() as connection:
            is_first = not users.any_yet(connection)
        title = "设置首位系统管理员" if is_first else "设置口令"
        return _page("welcome", title, ADVICE + (NAME if is_first else "") + CHOOSE, "确定")

    return routes


def _page(kind: str, title: str, fields: str, verb: str) -> HTMLResponse:
    # A link that is a secret must not travel on as a referrer.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(PAGE.substitute(kind=kind, title=title, fields=fields, verb=verb), headers=headers)
