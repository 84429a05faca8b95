"""A line to a port of this machine: it can be cut, or go dead without a word, and both ends go on without it."""

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
    _is_dead: bool = False
    _dead: set[socket.socket] = field(default_factory=set)

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

    def die(self) -> None:
        """Swallow all that is said, on connections that are there and on new ones, and end none of them."""
        self._is_dead = True
        self._dead.update(self._open)

    def live(self) -> None:
        """Pass new connections on again; what was there when it died never says another word, as behind a router."""
        self._is_dead = False

    def _take(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listening.accept()
                threading.Thread(target=self._serve, args=[near], daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        if self._is_dead:
            self._open.append(near)
            return
        try:
            far = socket.create_connection(("127.0.0.1", self.to))
        except OSError:  # nobody is there at present
            near.close()
            return
        both = (near, far)
        self._open += both
        back = threading.Thread(target=self._pass_on, args=[far, near], daemon=True)
        back.start()
        self._pass_on(near, far)
        back.join()
        for one in both:
            one.close()
            self._dead.discard(one)
            with contextlib.suppress(ValueError):  # it was cut
                self._open.remove(one)

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                if source not in self._dead:
                    sink.sendall(piece)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
