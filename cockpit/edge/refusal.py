"""How the edge says no: a problem (RFC 9457), at once, and the connection ends with it."""

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from layers.problem import Problem


class Refused(HTTPException):
    """A request that asks for more than there is for one. Whoever reads a body passes it on as it is."""

    def __init__(self, status: int, title: str, detail: str, retry_after: int | None = None) -> None:
        # What of the request has not been read yet is not read any more.
        headers = {"Connection": "close"}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        super().__init__(status, detail, headers)
        self.title = title

    def answer(self) -> Response:
        """The same as a response."""
        body = Problem(self.status_code, self.title, self.detail).body()
        return JSONResponse(body, self.status_code, self.headers, "application/problem+json")


def busy(detail: str) -> Refused:
    """503: not now, but soon."""
    return Refused(503, "busy", detail, retry_after=1)
