"""Dash with the scripts that a page needs, and no others."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from anyio import to_thread
from dash import Dash, Output

from cockpit import access
from cockpit.serving import bundle, phone
from layers.problem import Problem
from store.language import current, say

WITHOUT_TABLES = re.compile(
    r"/wall/[^/]+|/brief|/map|/compare|/alarms|/alarm-rules|/alarm-figures|/board|/report|/governance|/figures|/people|/account|/first-hour|/displays|/device-registration|/devices/[^/]+|/events/[^/]+"
)
TABLE_SCRIPTS = re.compile(r"<script[^>]*/(?:dash_ag_grid|dash_table)/[^>]*></script>\s*")
"""Tables are a quarter of all scripts."""
WITH_PLOTLY = re.compile(r"/|/wall/[^/]+|/map|/ground|/device-registration|/devices/[^/]+")


class _Value(msgspec.Struct):
    id: str | dict[str, Any]
    property: str
    value: Any = None


class _Callback(msgspec.Struct):
    """What a page sends to have a callback run, as far as it is looked at."""

    output: str
    outputs: dict[str, Any] | list[Any]
    inputs: list[_Value]
    state: list[_Value] = msgspec.field(default_factory=list)


class Shell(Dash):  # type: ignore[misc]  # Dash has no types
    """Our Dash application; each of its callbacks runs for those only whom its row of the table lets pass."""

    def callback(self, *arguments: Any, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """As Dash's own; the key of the row is what the callback puts out."""
        register = super().callback(*arguments, **options)
        outputs = [one for one in arguments if isinstance(one, Output)]
        key = "CALLBACK " + ", ".join(str(one) for one in outputs)
        return lambda function: register(access.guarded(key, function))

    def _config(self) -> Any:
        """As Dash's own, without its WebSocket: we refuse it, and it would be tried by every page all the same.

        A browser opens one WebSocket at a time to a server. One that hangs, since a router forgot it, would hold up the
        live channel's until it is given up after minutes.
        """
        config = super()._config()
        config.pop("websocket", None)
        return config

    def _initialize_context(self, body: Any) -> Any:
        """As Dash's own, for what is a callback of ours and asked as one."""
        try:
            asked = msgspec.convert(body, _Callback)
            known = self.callback_map[asked.output]
        except (msgspec.ValidationError, KeyError):
            raise Problem(400, "bad request", "not what a page of ours asks") from None
        if (len(asked.inputs), len(asked.state)) != (len(known["inputs"]), len(known["state"])):
            raise Problem(400, "bad request", f"{asked.output}: not as many values as it takes")
        return super()._initialize_context(body)

    def _execute_callback(self, *given: Any) -> Callable[[], Any]:
        """Callbacks ask the database: not in the event loop, where everybody else would wait for the answer."""
        work = super()._execute_callback(*given)

        async def in_thread() -> Any:
            return await to_thread.run_sync(work)

        return in_thread

    def interpolate_index(self, css: str = "", scripts: str = "", **parts: Any) -> str:
        """The page's frame: our own scripts and sheets before Dash's, and of those only what the page shows."""
        path = self.backend.request_adapter().path
        parts["title"] = say("CIM 驾驶舱")
        if WITHOUT_TABLES.fullmatch(path):
            scripts = TABLE_SCRIPTS.sub("", scripts)
        css += f'<link rel="stylesheet" href="{bundle.sheets().path}">'
        if path == phone.PAGE:
            css += phone.head()
        if WITH_PLOTLY.fullmatch(path):
            # Most of a map's way to the screen, and what Dash would ask for last.
            css += f'<script id="plotly" src="{bundle.plotly().path}" async></script>'
        words = bundle.words(current())
        said = f'<script src="{words.path}"></script>\n' if words else ""
        scripts = f'{said}<script src="{bundle.scripts().path}"></script>\n{scripts}'
        made = str(super().interpolate_index(css=css, scripts=scripts, **parts))
        return made.replace("{%lang%}", current())
