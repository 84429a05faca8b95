"""Why a provider did not answer, in words: what is amiss differs by where one has to look."""

import re
import socket

import requests
from urllib3.exceptions import NameResolutionError

from store.why import first_line

REASON = re.compile(r"certificate verify failed: ([^(\]]+)|\[SSL[^\]]*\] ([^(]+)")


def why(error: Exception) -> str:
    """What is amiss, as it is said behind "does not answer:"."""
    match error:
        case requests.HTTPError() if error.response is not None:
            return f"it says {error.response.status_code} {error.response.reason or ''}".rstrip()
        case requests.exceptions.SSLError():
            found = REASON.search(str(error))
            reason = next((one for one in found.groups() if one), "") if found else ""
            return f"its certificate is not accepted{f' ({reason.strip()})' if reason else ''}"
        case requests.Timeout():
            return "no answer in time"
        case requests.ConnectionError():
            return _unconnected(error)
        case ValueError():
            return "what it says is no JSON"
    return first_line(error)


def _unconnected(error: BaseException) -> str:
    for cause in _causes(error):
        if isinstance(cause, NameResolutionError | socket.gaierror):
            return "nobody knows its name (DNS)"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there (connection refused)"
        if isinstance(cause, ConnectionResetError):
            return "it ended the connection"
    return "no connection"


def _causes(error: BaseException) -> list[BaseException]:
    """An error and all that it comes from; what wraps one holds it as its reason or first argument."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
    return found
