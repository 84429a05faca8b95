"""``cockpit check``: what works here, what does not, and what to do about it."""

from dataclasses import asdict
from typing import Annotated

import typer

from cockpit.checks.finding import Result
from cockpit.checks.table import CHECKS, checked
from cockpit.commands.options import Json, answer, settings
from cockpit.errors import BadSetting

MARKS = {"ok": "ok  ", "look": "LOOK", "wrong": "FAIL"}


def check(
    only: Annotated[list[str] | None, typer.Option(help="Only this check; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Find what is wrong with this installation, where, and what to do; exit code 1 where something is."""
    for name in only or ():
        if name not in CHECKS:
            raise BadSetting(f"--only {name!r} is not one of {', '.join(CHECKS)}")
    found = checked(settings(), only or ())
    answer(
        as_json, {"checks": [_record(one) for one in found]}, "\n".join(line for one in found for line in _lines(one))
    )
    if any(one.state == "wrong" for one in found):
        raise typer.Exit(1)


def _record(one: Result) -> dict[str, object]:
    told = {name: value for name, value in asdict(one).items() if value}
    return {"check": one.check, "ok": one.state != "wrong"} | told


def _lines(one: Result) -> list[str]:
    lines = [f"{MARKS[one.state]}  {one.check}: {one.detail}"]
    lines += [f"      where: {one.where}"] if one.where else []
    lines += [f"      do:    {one.todo}"] if one.todo else []
    return lines
