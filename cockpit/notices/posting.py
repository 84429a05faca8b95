"""Posting a notice within the budgets, to an address that was judged.

A name is resolved once for each delivery, what it stands for is judged, and the connection goes to that very
address: a name that stands for something else a moment later leads nowhere. Redirects are not followed.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import httpcore
import httpx

from cockpit.notices.destinations import Address, judge
from cockpit.notices.formats import Outgoing
from store import budgets


def post(out: Outgoing) -> httpx.Response:
    """Post within the budgets: so many seconds until the end of the answer, of which little is read.

    Raises
    ------
    NotAllowed
        If the name stands for an address that may not be posted to.
    httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError
        If the receiver cannot be reached, does not answer in time, or answers nonsense.
    """
    numbers = budgets.current()
    deadline = time.monotonic() + numbers.webhook_seconds
    where = httpx.URL(out.url)
    url = httpcore.URL(scheme=where.raw_scheme, host=where.raw_host, port=where.port, target=where.raw_path)
    headers = [("Host", where.netloc.decode()), *out.headers.items(), ("Content-Length", str(len(out.body)))]
    with (
        httpcore.ConnectionPool(ssl_context=_tls(), network_backend=_Guarded(deadline), max_connections=1) as pool,
        pool.stream("POST", url, headers=headers, content=out.body) as answer,
    ):
        content = b""
        # What is longer than a robot's answer is nobody's: it is left where it is.
        for piece in answer.iter_stream():
            content += piece
            if len(content) >= numbers.webhook_answer_bytes:
                break
        return httpx.Response(answer.status, content=content[: numbers.webhook_answer_bytes])


class _Guarded(httpcore.NetworkBackend):
    """Connects to the very address that was judged, and to none after the deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("the name stands for no address")
        for found in _resolved(host, port):
            judge(found)
            try:
                stream = self._backend.connect_tcp(str(found), port, _left(self._deadline), None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Hurried(stream, self._deadline)
        raise failure


class _Hurried(httpcore.NetworkStream):
    """A stream on which everything together has one deadline: a byte now and then does not put it off."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Hurried(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("not done in time")
    return left


def _resolved(host: str, port: int) -> Sequence[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from None
    # A scope (%eth0) belongs to addresses that are not allowed anyway.
    return [ipaddress.ip_address(str(where[0]).partition("%")[0]) for *_rest, where in found]


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()
