"""Is the process alive, is it ready."""

import asyncio
from pathlib import Path

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from eventstore import sql
from eventstore.migrate import MIGRATIONS
from projections.receipts import Reads
from web.surroundings import Surroundings, around

log = structlog.get_logger()

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: Whoever asks waits no longer than this for a database that hangs.
ANSWER_SECONDS_MAX = 3.0


async def show_health(request: Request) -> Response:
    """200 while the process can answer at all; asks nobody."""
    return PlainTextResponse("ok\n")


async def show_readiness(request: Request) -> Response:
    """200 when requests can be served; else 503 and, in ``checks``, what is amiss."""
    checks = await _checks(around(request))
    ready = all(said == "ok" for said in checks.values())
    told = {
        "ready": ready,
        "environment": around(request).settings.environment,
        "checks": checks,
    }
    return JSONResponse(told, 200 if ready else 503, headers={"Cache-Control": "no-store"})


async def _checks(surroundings: Surroundings) -> dict[str, str]:
    """Return "ok" or what to do, per check."""
    checks = {"database": "ok", "migrations": "ok", "listener": "ok"}
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            missing = await missing_migrations(surroundings.reads)
    except Exception as trouble:  # any failure means the same here: not ready
        log.warning("health.database", error=type(trouble).__name__)
        checks["database"] = f"does not answer ({type(trouble).__name__}): check DATABASE_URL"
        checks["migrations"] = "unknown while the database does not answer"
    else:
        if missing:
            checks["migrations"] = f"run `python -m cashbot migrate`: {', '.join(missing)}"
    if not surroundings.listener.connected:
        checks["listener"] = "not connected: it comes back by itself, polling goes on meanwhile"
    return checks


async def missing_migrations(reads: Reads) -> list[str]:
    """Return the names of migrations this code has and the database lacks."""
    known = {path.stem for path in MIGRATIONS.glob("*.sql") if not path.stem.endswith(".rollback")}
    rows = await reads.fetch(SQL["applied_migrations"])
    return sorted(known - {row["migration_id"] for row in rows})
