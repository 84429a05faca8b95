"""Health: is the process up, can it work, and what are its figures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cockpit.beside import Both, Told
from cockpit.edge.reached import said_otherwise
from cockpit.edge.request_ids import unnamed_proxy
from sensors.shared import Shared
from sensors.unforeseen import Fault, faults
from store.databases import Databases
from store.instant import format_rfc3339
from store.why import first_line

MAX_LAG_S = 10.0
LAG = Gauge("cockpit_ingest_lag_seconds", "How long the oldest message that is not committed has waited")
CONNECTED = Gauge("cockpit_broker_connected", "1 while this process is connected to the broker")
DEVICES_CONNECTED = Gauge("cockpit_broker_devices", "Devices connected to the embedded broker")


@dataclass(frozen=True)
class Probes:
    """Whom to ask how the parts fare: whether this process is connected to the broker, and, where it is
    another one of the same command, the process that takes what devices send; ``is_closed``: whether nothing is
    taken in (`cockpit.closed`).
    """

    broker: Callable[[], bool] | None = None
    beside: Callable[[], Told | None] | None = None
    is_closed: bool = False

    def told(self) -> Told | None:
        """What the other process says of itself; None where there is none, or it does not answer."""
        return self.beside() if self.beside is not None else None


def router(databases: Databases, probes: Probes, measure: Callable[[], None] | None = None) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/metrics``; ``measure`` sets the gauges that are found out when somebody asks."""
    routes = APIRouter(tags=["health"])
    able = "closed" if probes.is_closed else "ready"

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process is up."""
        return {"status": "ok"}

    @routes.get("/readyz")
    async def readyz(request: Request, response: Response) -> dict[str, Any]:
        """The process can do its work: database, broker and lag; 503 where one fails. This machine is told why.

        503 too where it could and is ``closed``: it takes nothing until an upgrade has come to its end.
        """
        checks = await looked.answer()
        ready = all(check["ok"] for check in checks.values())
        response.status_code = 200 if ready and not probes.is_closed else 503
        if not request.state.is_local:
            checks = {name: {"ok": check["ok"]} for name, check in checks.items()}
        return {"status": able if ready else "not ready", "checks": checks}

    @routes.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Figures for Prometheus."""
        return Response(await collected.answer(), media_type=CONTENT_TYPE_LATEST)

    def look() -> dict[str, Any]:
        checks: dict[str, Any] = {"database": _database(databases)}
        told = probes.told()
        if probes.beside is not None:
            checks["ingest"] = {"ok": told is not None}
        if probes.broker is not None:
            checks["broker"] = {"ok": probes.broker() and (told is None or told.is_connected)}
        if told is not None:
            lag = round(told.lag_s, 3)
            checks["lag"] = {"ok": lag <= MAX_LAG_S, "seconds": lag}
        # A proxy that is not named makes one address of all people; pages go on.
        checks["proxy"] = {"ok": True, "unnamed": unnamed_proxy(), "says": said_otherwise()}
        # Whatever it was, the part went on: it wants an engineer, not another process.
        met = faults() + (told.faults if told is not None else [])
        checks["unforeseen"] = {"ok": True, "errors": [_error(fault) for fault in met]}
        return checks

    def collect() -> bytes:
        told = probes.told()
        if probes.broker is not None:
            CONNECTED.set(probes.broker() and (told is None or told.is_connected))
        if told is not None:
            LAG.set(told.lag_s)
            DEVICES_CONNECTED.set(told.devices or 0)
        if measure is not None:
            measure()
        return generate_latest(Both(told.figures if told is not None else {}))

    looked, collected = Shared(look), Shared(collect)
    return routes


def _error(fault: Fault) -> dict[str, Any]:
    return {"part": fault.part, "count": fault.count, "error": fault.error, "at": format_rfc3339(fault.at)}


def _database(databases: Databases) -> dict[str, Any]:
    try:
        for engine in databases.all:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return {"ok": False, "error": first_line(error)}
    return {"ok": True}
