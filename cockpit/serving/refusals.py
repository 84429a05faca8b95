"""How whoever may not is turned away: a browser is led to the sign-in, a program is told why."""

from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from cockpit.serving import plain
from cockpit.serving.problems import answer
from cockpit.serving.theme import theme_of
from layers import words
from layers.problem import Problem
from layers.roles import DISPLAY, Actor
from store.language import CHINESE, current, marked, say

REFUSED_CLOSE = 4001
WHY = marked("您的角色不能看这个页面，或者它属于另一个社区；需要时请联系系统管理员。")


async def refuse(problem: Problem, key: str, actor: Actor | None, scope: Scope, receive: Receive, send: Send) -> None:
    """Turn away who asked for what the row ``key`` tells of."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": REFUSED_CLOSE, "reason": problem.title})
        return
    await _response(problem, key, actor, scope)(scope, receive, send)


def _response(problem: Problem, key: str, actor: Actor | None, scope: Scope) -> Response:
    if not key.startswith("PAGE") or problem.status not in (401, 403):
        return answer(problem)
    asked = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
    sign_in = f"/sign-in?next={quote(asked, safe='/')}"
    if actor is None or actor.role == DISPLAY:
        return RedirectResponse(sign_in, 303)
    told = words.in_chinese(problem.detail) if current() == CHINESE else problem.detail
    theme = theme_of(scope["query_string"].decode("latin-1"))
    ways = {say("回到总览"): "/", say("换一个用户登录"): sign_in}
    page = plain.page(say("没有权限"), told or say(WHY), ways, theme)
    return HTMLResponse(page, problem.status)
