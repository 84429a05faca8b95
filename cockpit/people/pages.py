"""The two pages that stand before sign-in: plain HTML, so that nothing else need be open to strangers."""

from importlib.resources import files
from string import Template

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from cockpit.errors import BadSetting
from cockpit.people import choices, sessions, users
from cockpit.people.identify import SESSION, keep_language, keep_theme, seen, set_cookie
from cockpit.people.oidc import CALLBACK, UNDER_WAY_S, OidcError, SingleSignOn
from cockpit.people.passwords import MIN_LENGTH
from cockpit.people.sign_in import start_vouched
from cockpit.serving import bundle
from cockpit.serving.theme import theme_of
from layers.web import Given
from store.engine import writing
from store.instant import SECOND
from store.language import current, marked, say

log = structlog.get_logger(__name__)

PAGE = Template((files("cockpit.people") / "page.html").read_text(encoding="utf-8"))
NAME = '<label>{} <input name="name" autocomplete="username" maxlength="80" required autofocus></label>'
HIDDEN = '<label>{} <input name="{}" type="password" autocomplete="{}" maxlength="512" required></label>'
REFUSED = {
    "unknown": marked("统一身份已确认，但本系统没有给您开通；请联系系统管理员"),
    "failed": marked("统一身份登录没有完成，请再试"),
    "away": marked("统一身份现在用不了；请用口令登录，没有口令的请联系系统管理员"),
    "name": marked("统一身份给出的用户名不能用：须为 1 至 80 个可见字符，不含斜杠；请联系系统管理员"),
}
ELSEWHERE = '<p><a class="elsewhere" href="/sign-in/oidc">{}</a></p>'
USED = '<p>{}</p><p><a class="elsewhere" href="/sign-in">{}</a></p>'
FORM = (
    '<form data-kind="{kind}" data-next="{next}">{fields}<button type="submit">{verb}</button>'
    '<span class="outcome" role="alert" data-outcome></span></form>'
)
UNDER_WAY = "cockpit_oidc"


def router(sign_on: SingleSignOn | None) -> APIRouter:
    """``/sign-in`` and ``/welcome``; and the way by another provider, where there is one."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    def sign_in(request: Request, refused: str = "") -> HTMLResponse:
        fields = NAME.format(say("用户名")) + HIDDEN.format(say("口令"), "password", "current-password")
        is_away = sign_on is not None and sign_on.fault is not None
        other = ELSEWHERE.format(say("统一身份登录")) if sign_on and not is_away else ""
        # What cannot work is not offered; trying it again would not help.
        refused = "away" if is_away and refused in ("", "failed") else refused
        said = f"<p>▲ {say(REFUSED[refused])}</p>" if refused in REFUSED else ""
        return _page(request, "sign-in", say("登录"), said + other + fields, say("登录"))

    @routes.get("/welcome")
    def welcome(request: Request, given: Given, token: str = "") -> HTMLResponse:
        try:
            with given.databases.shared.connect() as connection:
                is_first = users.is_for_first_admin(connection, token)
        except users.NoInvitation as error:
            said = USED.format(f"▲ {error}", say("去登录"))
            return _page(request, "used", say("链接无效"), said, None, status=410)
        title = say("设置首位系统管理员") if is_first else say("设置口令")
        return _page(request, "welcome", title, _choose(is_first), say("确定"), then="/first-hour" if is_first else "")

    if sign_on is not None:
        _elsewhere(routes, sign_on)
    return routes


def _elsewhere(routes: APIRouter, sign_on: SingleSignOn) -> None:
    @routes.get("/sign-in/oidc")
    def begin(request: Request, next: str = "/") -> Response:
        try:
            begun = sign_on.begin(next)
        except OidcError as error:
            log.warning("sign_in_by_provider_failed", reason=str(error))
            return RedirectResponse("/sign-in?refused=away", 303)
        answer = RedirectResponse(begun.url, 303)
        set_cookie(request, answer, UNDER_WAY, begun.cookie, UNDER_WAY_S, "/sign-in")
        return answer

    @routes.get(CALLBACK)
    def finish(request: Request, given: Given) -> Response:
        try:
            claims, then = sign_on.finish(dict(request.query_params), request.cookies.get(UNDER_WAY, ""))
            name = sign_on.name_of(claims)
        except OidcError as error:
            log.warning("sign_in_by_provider_failed", reason=str(error))
            return _back("/sign-in?refused=failed")
        try:
            with writing(given.databases.shared) as connection:
                secret = start_vouched(connection, name, sign_on.issuer, str(claims["sub"]), seen(request))
                found = sessions.find(connection, secret) if secret else None
                chosen = choices.of(connection, found.actor.name) if found else choices.Choices()
        except BadSetting as error:
            log.warning("sign_in_by_provider_failed", reason=str(error))
            return _back("/sign-in?refused=name")
        if secret is None:
            return _back("/sign-in?refused=unknown")
        answer = _back(then)
        set_cookie(request, answer, SESSION, secret, sessions.LONGEST // SECOND)
        keep_language(request, answer, chosen.language)
        keep_theme(request, answer, chosen.theme)
        return answer


def _choose(is_first: bool) -> str:
    """The fields where a password is chosen; of the first admin the name too."""
    advice = say(
        "至少 {n} 个字符。几个不相干的词连成一句，好记也难猜；不必有数字和符号，也不必定期更换。", n=MIN_LENGTH
    )
    fields = [f"<p>{advice}</p>", NAME.format(say("用户名")) if is_first else ""]
    fields.append(HIDDEN.format(say("新口令"), "password", "new-password"))
    return "".join([*fields, HIDDEN.format(say("再输一次"), "again", "new-password")])


def _back(path: str) -> RedirectResponse:
    answer = RedirectResponse(path, 303)
    answer.delete_cookie(UNDER_WAY, path="/sign-in")
    return answer


def _page(
    request: Request, kind: str, title: str, fields: str, verb: str | None, status: int = 200, then: str = ""
) -> HTMLResponse:
    # A link that is a secret must not travel on as a referrer.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    content = FORM.format(kind=kind, fields=fields, verb=verb, next=then) if verb else fields
    words = bundle.words(current())
    page = PAGE.substitute(
        title=title,
        content=content,
        cockpit=say("CIM 驾驶舱"),
        lang=current(),
        theme=theme_of(request.url.query),
        words=f'<script src="{words.path}"></script>\n' if words else "",
        sheet=bundle.sheets().path,
    )
    return HTMLResponse(page, status, headers)
