"""Errors as ``application/problem+json`` (RFC 9457)."""


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
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.title.lower().replace(" ", "_").replace("-", "_"),
            "detail": self.detail,
            **self.more,
        }
