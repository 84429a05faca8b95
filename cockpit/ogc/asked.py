"""What a request for features asks: each parameter read or refused, none passed over."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Query, Request
from fastapi.datastructures import QueryParams

from cockpit.ogc import systems
from layers.features import NUMBERS, Asked, Collection, Field, Value
from layers.problem import Problem
from layers.web import MAX_LIMIT, instant_query
from store.instant import SECOND, Instant

DEFAULT_LIMIT = 100
OF_ITEMS = ("f", "limit", "bbox", "bbox-crs", "datetime", "crs", "cursor", "lang")
OF_ITEM = ("f", "crs", "lang")
OF_OTHERS = ("f", "lang")
JSON = ("application/json", "application/geo+json", "application/*", "*/*")
OPEN = ("", "..")
TRUTHS = {"true": True, "false": False}


def check_form(request: Request, own: Iterable[str] = ()) -> None:
    """Refuse what asks for another form than JSON: 400 by ``f``, 406 by what is accepted.

    ``own`` are media types of the address beside those of all.
    """
    form = request.query_params.get("f", "json")
    if form != "json":
        raise Problem(400, "bad parameter", f"f {form!r} is not one of json")
    accepted = request.headers.get("accept")
    if accepted is None or "f" in request.query_params:
        return
    parts = [part.split(";") for part in accepted.lower().split(",")]
    weighed = {kind.strip() for kind, *more in parts if not any(one.replace(" ", "") in NOUGHT for one in more)}
    if not weighed & {*JSON, *own}:
        raise Problem(406, "not acceptable", "this address answers with JSON only")


NOUGHT = ("q=0", "q=0.0", "q=0.00", "q=0.000")


def check_known(given: QueryParams, known: Iterable[str]) -> None:
    """Refuse a parameter that this address does not have (OGC API - Features, 7.3.2), or that comes twice."""
    names = list(known)
    for name in given:
        if name not in names:
            raise Problem(400, "bad parameter", f"{name[:40]!r} is no parameter here; there are: {', '.join(names)}")
        if len(given.getlist(name)) > 1:
            raise Problem(400, "bad parameter", f"{name[:40]!r} is given more than once")


def of_items(
    request: Request,
    collection: Collection,
    at: Instant | None,
    limit: int,
    bbox: str | None,
    bbox_crs: str | None,
    when: str | None,
    cursor: str | None,
) -> Asked:
    """What is asked of a collection; 400 where a parameter cannot be read, or is none of its."""
    row, given = collection.row, request.query_params
    filters = {name: one for name, one in row.fields.items() if one.asked}
    check_known(given, (*OF_ITEMS, *(("at",) if row.past else ()), *filters))
    return Asked(
        limit=min(limit, MAX_LIMIT),
        after=cursor,
        boxes=None if bbox is None else systems.boxes(bbox, systems.system("bbox-crs", bbox_crs)),
        during=_interval(when) if row.time else _checked(when),
        at=at,
        having={name: _value(name, given[name], one) for name, one in filters.items() if name in given},
    )


def _checked(when: str | None) -> tuple[None, None]:
    """Of what has no time, all is of any time; what is no time is refused all the same."""
    _interval(when)
    return None, None


def _interval(text: str | None) -> tuple[Instant | None, Instant | None]:
    """From when until when ``datetime`` asks (7.15.4): a time, or two with a slash, of which one may be open."""
    if text is None:
        return None, None
    first, is_two, second = text.partition("/")
    if not is_two:
        at = instant_query("datetime", text)
        assert at is not None  # noqa: S101 - a text was given
        # A time without fractions is the whole second that it names.
        return at, at if "." in text or at % SECOND else at + SECOND - 1
    since, until = (None if end in OPEN else instant_query("datetime", end) for end in (first, second))
    if since is None and until is None:
        raise Problem(400, "bad parameter", "datetime: one end of an interval must be a time")
    if since is not None and until is not None and since > until:
        raise Problem(400, "bad parameter", "datetime: its end lies before its beginning")
    return since, until


def _value(name: str, text: str, field: Field) -> Value:
    """What a property is asked to be."""
    if "\0" in text:
        raise Problem(400, "bad parameter", f"{name}: {text!r} is no {field.type}")
    if field.type == "boolean":
        if text not in TRUTHS:
            raise Problem(400, "bad parameter", f"{name}: {text!r} is no {field.type}")
        return TRUTHS[text]
    if field.type in NUMBERS:
        try:
            return float(text)
        except ValueError:
            raise Problem(400, "bad parameter", f"{name}: {text!r} is no {field.type}") from None
    return text


Form = Annotated[str | None, Query(alias="f", max_length=20, description="json, the only form")]
Wide = Annotated[int, Query(ge=1, description=f"features of a page; more than {MAX_LIMIT} are {MAX_LIMIT}")]
Bbox = Annotated[str | None, Query(max_length=400, description="west,south,east,north, or as bbox-crs has its axes")]
BboxCrs = Annotated[str | None, Query(alias="bbox-crs", max_length=200, description="the system of bbox; else CRS84")]
When = Annotated[
    str | None,
    Query(alias="datetime", max_length=100, description="a time, or an interval: from/to, ../to, from/.."),
]
InCrs = Annotated[str | None, Query(alias="crs", max_length=200, description="the system of the answer; else CRS84")]
Cursor = Annotated[str | None, Query(max_length=200, description="as the link to the next page has it")]
