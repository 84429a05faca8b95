"""Structured logs on standard error: JSON for programs, or lines for people."""

import contextlib
import logging
import sys
from typing import TextIO, cast

import structlog


class Unbreakable:
    """A stream of lines that may be lost: a reader that has gone, a full disk, must stop nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if it can be done."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if it can be done."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


AUTO = "auto"
NOISY = ("amqtt", "transitions", "asyncio", "uvicorn.access", "dash", "pyogrio", "fiona", "httpx")


def configure(fmt: str, level: str) -> None:
    """Set up logging once for the process.

    ``auto`` is by who reads: a person at a terminal gets lines, only of what asks for something; programs all, as JSON.
    """
    is_watched = sys.stderr.isatty()
    fmt = ("console" if is_watched else "json") if fmt == AUTO else fmt
    level = ("warning" if is_watched else "info") if level == AUTO else level
    lines = cast(TextIO, Unbreakable(sys.stderr))
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if fmt == "json"
        # Without the values of variables, which may be somebody's secret.
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=lines),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:3], structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    for name in NOISY:
        # Libraries log every connection and packet; what matters of it we log ourselves.
        logging.getLogger(name).setLevel(logging.ERROR)
