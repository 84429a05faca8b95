"""What is filed several times at once is filed once: those who would file the same wait for each other."""

from sqlalchemy import Connection, text


def alone(connection: Connection, *what: object) -> None:
    """Hold, until the transaction ends, the one right to file ``what``; then look whether somebody has already.

    On SQLite a transaction that writes is alone anyway (`store.engine.writing`).
    """
    if connection.dialect.name == "postgresql":
        key = "\n".join(map(repr, what))
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
