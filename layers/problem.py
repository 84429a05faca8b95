"""Errors as ``application/problem+json`` (RFC 9457)."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is worked on, by which the log is searched; None outside of one."""


class Problem(Exception):
    """An error with its HTTP status, a short title, and what, where and why."""

    def __init__(self, status: int, title: str, detail: str, **more: object) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.more = more

    def body(self) -> dict[str, object]:
        """The members of the problem object; ``code`` is a word that programs can hold to."""
        number = request_id.get()
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.title.lower().replace(" ", "_").replace("-", "_"),
            "detail": self.detail,
            **({} if number is None else {"request": number}),
            **self.more,
        }
