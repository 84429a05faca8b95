"""What a check finds: all is well, something is to be looked at, or something is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import DBAPIError

from cockpit.settings import PREFIX, Settings
from store.why import first_line

State = Literal["ok", "look", "wrong"]


@dataclass(frozen=True)
class Finding:
    """Something that is amiss: what it is, where, and what to do; ``is_wrong`` unless it only wants to be looked at."""

    what: str
    where: str
    todo: str
    is_wrong: bool = True


class Amiss(Exception):
    """A check found something."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(one.what for one in findings))
        self.findings = findings


def wrong(what: str, where: str, todo: str) -> Amiss:
    """Something does not work, or will harm somebody."""
    return Amiss(Finding(what, where, todo))


def look(what: str, where: str, todo: str) -> Amiss:
    """Something works still, and will not for ever; or nobody but a person can tell whether it is right."""
    return Amiss(Finding(what, where, todo, is_wrong=False))


def setting(name: str) -> str:
    """A setting as its place is told: ``COCKPIT_HTTP_HOST``."""
    return PREFIX + name.upper()


Probe = Callable[[Settings], str]
"""Answers what is there, or raises `Amiss`."""


@dataclass(frozen=True)
class Result:
    """A line of what is told of a check; one that found several things has several."""

    check: str
    state: State
    detail: str
    where: str = ""
    todo: str = ""


def results(check: str, probe: Probe, settings: Settings) -> Iterator[Result]:
    """Make one check, whatever comes of it."""
    try:
        yield Result(check, "ok", probe(settings))
    except Amiss as amiss:
        for one in amiss.findings:
            yield Result(check, "wrong" if one.is_wrong else "look", one.what, one.where, one.todo)
    except Exception as error:  # noqa: BLE001 - whatever a probe meets is what the check is there to say
        what = (
            f"the database cannot be used: {first_line(error)}" if isinstance(error, DBAPIError) else first_line(error)
        )
        yield Result(check, "wrong", what, todo="put right what is named, then run cockpit check again")
