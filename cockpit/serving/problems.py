"""A `Problem` as an answer of HTTP."""

from fastapi.responses import JSONResponse

from layers.problem import Problem


def answer(problem: Problem) -> JSONResponse:
    """``application/problem+json`` (RFC 9457), with the headers that its status asks for."""
    body = problem.body()
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
    if "retry_after" in body:
        headers["Retry-After"] = str(body["retry_after"])  # RFC 9110, section 10.2.3
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")
