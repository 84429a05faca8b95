"""The pages' own scripts and sheets, one file of each: fifty small requests take longer than what they carry.

An address names its content by a digest, so a browser keeps it for good and a new build is another address.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from cockpit.serving.static import FOR_GOOD
from layers.problem import Problem
from store.language import CHINESE, LANGUAGES, read

MEDIA_TYPES = {"js": "text/javascript", "css": "text/css"}
ASSETS = files("assets")


@dataclass(frozen=True)
class Bundle:
    """A file that the pages load: where it is, and what it holds."""

    path: str
    content: bytes
    media_type: str


@cache
def scripts() -> Bundle:
    """assets/js in the order of their numbers."""
    return _bundle("cockpit", "js", _joined("js"))


@cache
def sheets() -> Bundle:
    """assets/css in the order of their numbers."""
    return _bundle("cockpit", "css", _joined("css"))


@cache
def plotly() -> Bundle:
    """The part of Plotly that our figures need (assets/vendor)."""
    return _bundle("plotly", "js", (ASSETS / "vendor" / "plotly-map.min.js").read_bytes())


@cache
def words(tag: str) -> Bundle | None:
    """What the scripts say in a language; none for Chinese, in which they are written."""
    if tag == CHINESE:
        return None
    said = {
        _key(message): list(message.string) if message.pluralizable else message.string
        for message in read(tag, "scripts")
        if message.id and message.string
    }
    content = b"window.cockpitWords = " + msgspec.json.encode(said) + b";\n"
    return _bundle(f"words-{tag}", "js", content)


def _key(message: Any) -> str:
    return str(message.id[0] if message.pluralizable else message.id)


def router() -> APIRouter:
    """The routes of these files."""
    routes = APIRouter(include_in_schema=False)
    known = {bundle.path: bundle for bundle in (scripts(), sheets(), plotly(), *map(words, LANGUAGES)) if bundle}

    @routes.get("/assets/{name}.{digest}.{kind}")
    def serve(request: Request) -> Response:
        bundle = known.get(request.url.path)
        if bundle is None:
            raise Problem(404, "not found", f"no file {request.url.path!r}")
        return Response(bundle.content, media_type=bundle.media_type, headers={"Cache-Control": FOR_GOOD})

    return routes


def _bundle(name: str, kind: str, content: bytes) -> Bundle:
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    return Bundle(f"/assets/{name}.{digest}.{kind}", content, MEDIA_TYPES[kind])


def _joined(folder: str) -> bytes:
    return b"\n".join(one.read_bytes() for one in sorted((ASSETS / folder).iterdir(), key=lambda one: one.name))
