"""Why settings are refused, in one line: which one, its value where that is no secret, and why; never another one's."""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError

LONGEST = 80
"""Characters of a value that are told."""
PLACED = re.compile(r"(PORT(_\d+_(TCP|UDP)(_\w+)?)?|SERVICE_(HOST|PORT)(_\w+)?)")
"""What Kubernetes sets in every process beside a service that is called cockpit."""


def refusal(error: ValidationError, prefix: str, fields: Mapping[str, FieldInfo], file: Path) -> str:
    """What is wrong with the first that is wrong."""
    first = error.errors(include_url=False, include_context=False)[0]
    why = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        # Of several together: it names them itself, and the input would be all settings.
        return why
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return f"{file}: no setting {name}{meant(name, fields)}"
    told = placed(name, prefix, file)
    return f"{told}{_value(fields.get(name), first.get('input'))}: {why}"


def unparsed(error: SettingsError, prefix: str) -> str:
    """Of a variable whose value should be JSON and is none; the value may be a secret."""
    found = re.search(r'field "(\w+)"', str(error))
    return f"{prefix}{found[1].upper()}: expected JSON" if found else "a setting is no JSON"


def misspelt(environment: Iterable[str], prefix: str, fields: Mapping[str, FieldInfo], others: Iterable[str]) -> str:
    """What is wrong with a variable that has our prefix and is no setting; empty where there is none."""
    for variable in sorted(environment):
        name = variable.removeprefix(prefix)
        if name == variable or variable in others or name.lower() in fields or PLACED.fullmatch(name):
            continue
        return f"no setting {variable}{meant(name.lower(), fields, prefix)}"
    return ""


def meant(name: str, fields: Iterable[str], prefix: str = "") -> str:
    """Which setting somebody may have meant, to be said behind what they wrote; empty where none is near."""
    near = difflib.get_close_matches(name.lower(), list(fields), n=1)
    spelt = (prefix + near[0].upper() if prefix else near[0]) if near else ""
    return f"; did you mean {spelt}?" if spelt else "; docs/operations.md lists them"


def placed(name: str, prefix: str, file: Path) -> str:
    """A setting as it is spelt where it was set: in the environment, which counts before the file, or there."""
    variable = prefix + name.upper()
    is_there = any(one.upper() == variable for one in os.environ)
    return variable if is_there or not file.is_file() else f"{file}: {name}"


def _value(field: FieldInfo | None, given: Any) -> str:
    told = repr(given)
    if field is None or not field.repr or re.search(r"://[^/]*@", told):
        return ""
    return f"={told if len(told) <= LONGEST else told[:LONGEST] + '…'}"
