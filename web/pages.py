"""Pages: templates in the visitor's language, and the errors in the house look."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from web.language import CODES, COOKIE, Language, chosen, clock, hour, minute
from web.story import Note
from web.surroundings import around

TEMPLATES = Path(__file__).parent / "templates"
#: How long a browser remembers the language somebody picked.
LANGUAGE_SECONDS = 180 * 24 * 3600
#: Errors with a page of their own; any other is told as the nearest of 400 and 500.
ERRORS = frozenset({400, 403, 404, 405, 413, 415, 429, 500, 503})


def load_templates() -> Environment:
    """Return the templates; a name that is not given is an error, everything is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        clock=clock,
        hour=hour,
        minute=minute,
        codes=CODES,
        reason_key=reason_key,
        note_key=note_key,
    )
    return environment


def reason_key(language: Language, code: str) -> str:
    """Return the key of a reason's sentences, or of those for codes without any."""
    name = "http" if code.startswith("http_") else code
    return f"reason.{name}" if language.knows(f"reason.{name}") else "reason.other"


def note_key(language: Language, note: Note) -> str | None:
    """Return the key of the words for a detail of a fact, None for ids and the like."""
    if note.field in ("reason", "reasons", "cause"):
        key = reason_key(language, note.value)
        return None if key == "reason.other" else f"{key}.title"
    keys = (f"noted.{note.field}.{note.value}", f"noted.{note.field}.any")
    return next((key for key in keys if language.knows(key)), None)


def language_of(request: Request) -> Language:
    """Return the language this visitor reads."""
    return around(request).languages[chosen(request)]


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page in the visitor's language."""
    surroundings = around(request)
    language = language_of(request)
    place = "/console" if request.url.path.startswith("/console") else "/intake"
    html = surroundings.templates.get_template(template).render(
        t=language,
        lang=language.code,
        sandbox=surroundings.settings.sandbox,
        intake=surroundings.settings.intake_enabled,
        # where the links to the other languages lead: a form's address cannot be opened
        path=request.url.path if request.method == "GET" else place,
        home=place if place == "/console" or surroundings.settings.intake_enabled else "/",
        bonus=language.money(surroundings.settings.bonus_kopecks),
        **values,
    )
    answer = HTMLResponse(html, status, headers={"Cache-Control": "no-store"})
    if request.query_params.get("lang") in CODES:
        answer.set_cookie(
            COOKIE, language.code, max_age=LANGUAGE_SECONDS, httponly=True, samesite="lax"
        )
    return answer


def wants_json(request: Request) -> bool:
    """Tell whether a script asks, rather than a person."""
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def refusal(request: Request, key: str, *, status: int, **values: object) -> Response:
    """Return what went wrong and what to do (``<key>.title`` and ``.todo`` of the texts)."""
    language = language_of(request)
    title, todo = language(f"{key}.title", **values), language(f"{key}.todo", **values)
    code = key.rpartition(".")[2]
    if wants_json(request):
        return JSONResponse({"error": code, "title": title, "todo": todo}, status)
    return page(request, "error.html", status=status, title=title, todo=todo, code=status)


async def on_http_error(request: Request, trouble: Exception) -> Response:
    """Answer a refusal by Starlette, such as an unknown path."""
    status = trouble.status_code if isinstance(trouble, HTTPException) else 500
    known: int | str = status if status in ERRORS else 400 if status < 500 else 500
    if status == 404 and "receipt" in request.path_params:
        known = "receipt"
    answer = refusal(request, f"error.{known}", status=status)
    if isinstance(trouble, HTTPException) and trouble.headers:
        answer.headers.update(trouble.headers)
    return answer


async def on_trouble(request: Request, trouble: Exception) -> Response:
    """Answer while the database or the attachments are away."""
    answer = refusal(request, "error.503", status=503)
    answer.headers["Retry-After"] = "5"
    return answer


async def apology(request: Request) -> Response:
    """Answer a request that failed inside us."""
    return refusal(request, "error.500", status=500)
