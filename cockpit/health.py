"""Health: is the process up, can it work, and what are its figures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sensors.unforeseen import Fault, faults
from store.databases import Databases
from store.instant import format_rfc3339

MAX_LAG_S = 10.0
LAG = Gauge("cockpit_ingest_lag_seconds", "How long the oldest message that is not committed has waited")
CONNECTED = Gauge("cockpit_broker_connected", "1 while this process is connected to the broker")
DEVICES_CONNECTED = Gauge("cockpit_broker_devices", "Devices connected to the embedded broker")


@dataclass(frozen=True)
class Probes:
    """What the parts of this process say of themselves; None for a part that it does not run."""

    broker: Callable[[], bool] | None = None
    lag_s: Callable[[], float] | None = None
    devices: Callable[[], int] | None = None


def router(databases: Databases, probes: Probes) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/metrics``."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process is up."""
        return {"status": "ok"}

    @routes.get("/readyz")
    def readyz(request: Request, response: Response) -> dict[str, Any]:
        """The process can do its work: database, broker and lag; 503 where one fails. This machine is told why."""
        checks = {"database": _database(databases)}
        if probes.broker is not None:
            checks["broker"] = {"ok": probes.broker()}
        if probes.lag_s is not None:
            lag = round(probes.lag_s(), 3)
            checks["lag"] = {"ok": lag <= MAX_LAG_S, "seconds": lag}
        # Whatever it was, the part went on: it wants an engineer, not another process.
        checks["unforeseen"] = {"ok": True, "errors": [_told(fault) for fault in faults()]}
        ready = all(check["ok"] for check in checks.values())
        response.status_code = 200 if ready else 503
        if not request.state.is_local:
            checks = {name: {"ok": check["ok"]} for name, check in checks.items()}
        return {"status": "ready" if ready else "not ready", "checks": checks}

    @routes.get("/metrics", response_class=Response)
    def metrics() -> Response:
        """Figures for Prometheus."""
        if probes.lag_s is not None:
            LAG.set(probes.lag_s())
        if probes.broker is not None:
            CONNECTED.set(probes.broker())
        if probes.devices is not None:
            DEVICES_CONNECTED.set(probes.devices())
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _told(fault: Fault) -> dict[str, Any]:
    return {"part": fault.part, "count": fault.count, "error": fault.error, "at": format_rfc3339(fault.at)}


def _database(databases: Databases) -> dict[str, Any]:
    try:
        for engine in databases.all:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return {"ok": False, "error": str(error).splitlines()[0]}
    return {"ok": True}
