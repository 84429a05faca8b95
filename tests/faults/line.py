"""The line between the cockpit and its broker: it can be cut, and the broker goes on without it."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field

from tests.running import free_port

PIECE_BYTES = 64 * 1024


@dataclass
class Line:
    """Passes every connection on to another port of this machine."""

    to: int
    port: int = field(default_factory=free_port)
    _open: list[socket.socket] = field(default_factory=list)
    _listening: socket.socket | None = None

    def start(self) -> None:
        """Take connections from now on."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._take, args=[self._listening], daemon=True).start()

    def cut(self) -> None:
        """End every connection and take no other; `start` mends it."""
        assert self._listening is not None
        # Closing alone would not wake the one that waits for a connection.
        for one in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open = []

    def _take(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listening.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=[source, sink], daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                sink.sendall(piece)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
