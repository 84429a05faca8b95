"""Closed: up, and taking nothing from anybody yet.

An upgrade looks at the new version so before anything is entrusted to it: until it opens, whatever has to be taken back
takes nothing with it that was acknowledged. Devices and phones keep what they have, and send it again.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.edge.refusal import busy
from cockpit.settings import Settings

FILE = "closed-for-upgrade"
"""While it stands in the data folder nothing that is begun there takes anything; it names the backup to go back to."""

ANSWERED = ("/healthz", "/readyz", "/metrics")
TRY_AGAIN_LATER = 1013


def is_closed(settings: Settings) -> bool:
    """Whether what is begun now is to take nothing; it stays so until it is begun anew."""
    return (settings.data_dir / FILE).exists()


class Closed:
    """ASGI middleware that answers how the process fares, and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "an upgrade is under way"})
        elif scope["type"] == "http" and scope["path"] not in ANSWERED:
            await busy("an upgrade is under way").answer()(scope, receive, send)
        else:
            await self._app(scope, receive, send)
