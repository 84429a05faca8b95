"""The steward's page as an app on a phone: what a browser asks in order to install it, and to open it without a line.

The service worker's scope is that one page: of all others it sees no request.
"""

from importlib.resources import files
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from cockpit.serving.static import static
from layers.look import TOKENS
from store.language import current, say

PAGE = "/report"
MANIFEST = "/phone.webmanifest"
WORKER = "/phone-worker.js"
ICON = "/assets/phone/icon-{}.png"
FOLDER = files("assets") / "phone"


def head() -> str:
    """What stands in the head of the page."""
    return (
        f'<link rel="manifest" href="{MANIFEST}" crossorigin="use-credentials">'
        f'<link rel="apple-touch-icon" href="{ICON.format(192)}">'
        f'<meta name="theme-color" content="{TOKENS["panel"]}">'
    )


def manifest() -> dict[str, Any]:
    """The app's name and icons, and what it opens on, in the language of who asks (W3C Web Application Manifest)."""
    icons = [
        {"src": ICON.format(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, size, purpose in (("192", 192, "any"), ("512", 512, "any"), ("maskable", 512, "maskable"))
    ]
    return {
        "id": PAGE,
        "name": say("CIM 驾驶舱 · 网格员"),
        "short_name": say("网格上报"),
        "lang": current(),
        "start_url": PAGE,
        "scope": "/",
        "display": "standalone",
        "background_color": TOKENS["ground"],
        "theme_color": TOKENS["panel"],
        "icons": icons,
        "shortcuts": [
            {"name": say("上报"), "url": f"{PAGE}#report"},
            {"name": say("我的任务"), "url": f"{PAGE}#tasks"},
        ],
    }


def router() -> APIRouter:
    """The manifest and the service worker."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(MANIFEST)
    def app(request: Request) -> Response:
        return static(request, msgspec.json.encode(manifest()), "application/manifest+json")

    @routes.get(WORKER)
    def worker(request: Request) -> Response:
        return static(request, (FOLDER / "worker.js").read_bytes(), "text/javascript")

    return routes
