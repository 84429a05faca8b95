"""What is kept of each display: what it is told to show, and what it last told."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Integer, String, Table, Text

from store.metadata import metadata

MAX_SCENE = 80
MAX_PAGE = 200
MAX_ERROR = 300
MAX_VERSION = 80

display_told = Table(
    "display_told",
    metadata,
    Column("display_id", Integer, ForeignKey("display.id"), primary_key=True, autoincrement=False),
    # Raised by each change, so that whoever hears of two knows the later one.
    Column("rev", Integer, nullable=False),
    # JSON; None: its community's.
    Column("programme", Text),
    # A scene that somebody chose; None: none. Until None: held.
    Column("scene", String(MAX_SCENE)),
    Column("scene_until", BigInteger),
    Column("scene_at", BigInteger, nullable=False),
    Column("curtain", Boolean, nullable=False),
    Column("curtain_at", BigInteger, nullable=False),
    Column("reload_at", BigInteger, nullable=False),
)

display_heard = Table(
    "display_heard",
    metadata,
    Column("display_id", Integer, ForeignKey("display.id"), primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    # Since when the page stands there.
    Column("since", BigInteger, nullable=False),
    Column("page", String(MAX_PAGE), nullable=False),
    Column("scene", String(MAX_SCENE)),
    Column("language", String(16), nullable=False),
    Column("curtain", Boolean, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("frames", Float),
    Column("memory", BigInteger),
    Column("error", String(MAX_ERROR)),
    Column("error_at", BigInteger),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("version", String(MAX_VERSION), nullable=False),
)
