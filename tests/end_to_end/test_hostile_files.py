"""Files that mean ill, sent to a running cockpit by somebody who may send files: nothing is read, nothing is fetched,
the server's memory stays, and each is told."""

import http.server
import io
import json
import stat
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from PIL import Image

from tests.running import Cockpit

MOST_MEMORY = 100 * 1024 * 1024
LON, LAT = 120.2006, 28.9312


class Inside(http.server.BaseHTTPRequestHandler):
    """An address of the intranet that nobody may reach through us."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer with what would pass for a survey."""
        self.seen.append(self.path)
        point = {"type": "Point", "coordinates": [LON, LAT]}
        feature = {"type": "Feature", "properties": {"code": "a", "name": "INSIDE"}, "geometry": point}
        body = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the library's own word

    def log_message(self, *_said: Any) -> None:
        """Say nothing."""


@pytest.fixture
def inside() -> Iterator[str]:
    """Such an address."""
    Inside.seen = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Inside)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/x.geojson"
    server.shutdown()


def vrt(source: str, layer: str = "x") -> bytes:
    """A file that names another."""
    inner = f'<OGRVRTLayer name="{layer}"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>'
    return f"<OGRVRTDataSource>{inner}</OGRVRTDataSource>".encode()


def packed(members: dict[str, bytes], mode: int = 0) -> bytes:
    """An archive."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            one = zipfile.ZipInfo(name)
            one.compress_type = zipfile.ZIP_DEFLATED
            one.external_attr = mode << 16
            archive.writestr(one, content)
    return kept.getvalue()


def surveys(database: Path, secret: Path, inside: str) -> dict[str, tuple[str, bytes]]:
    """Surveys that mean ill: label -> name, content."""
    key = database.parent / "seal.key"
    pipeline = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {database} --layer app_user"}
    outside = {"type": "gdal_streamed_alg", "command_line": f"gdal vector convert {secret} {secret}.out.geojson"}
    bomb = b"0" * (300 << 20)
    kml = "<kml><Document><name>&x;</name></Document></kml>"
    link = f"<NetworkLink><Link><href>{inside}</href></Link></NetworkLink>"
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return {
        "VRT of the database": ("a.kml", vrt(str(database), "app_user")),
        "VRT of the key": ("a.json", vrt(f"CSV:{key}")),
        "VRT of a file": ("a.csv", vrt(str(secret))),
        "VRT of our working folder": ("a.gpkg", vrt("/proc/self/cwd/data/cockpit.db")),
        "VRT of an address": ("a.kml", vrt(f"/vsicurl/{inside}")),
        "VRT in an archive": ("a.zip", packed({"a.kml": vrt(str(database))})),
        "GDALG of the database": ("a.json", json.dumps(pipeline).encode()),
        "GDALG that writes": ("a.geojson", json.dumps(outside).encode()),
        "GDALG in an archive": ("a.zip", packed({"a.geojson": json.dumps(pipeline).encode()})),
        "an address as JSON": ("a.geojson", f"/vsicurl/{inside}".encode()),
        "a path as a table": ("a.csv", str(secret).encode()),
        "a name that is a path": (f"/vsizip/{secret}", b"x"),
        "a link to the database": ("a.zip", packed({"a.gpkg": str(database).encode()}, stat.S_IFLNK | 0o777)),
        "a name that leads out": ("a.zip", packed({f"../../..{secret}.csv": b"code\n1\n"})),
        "a bomb": ("a.zip", packed({"a.csv": bomb})),
        "a bomb in an archive": ("a.zip", packed({"b.zip": packed({"a.csv": bomb[: 100 << 20]})})),
        "very many files": ("a.zip", packed({f"{n}.csv": b"x" for n in range(2_000)})),
        "entities that name a file": ("a.kml", f'<!DOCTYPE k [<!ENTITY x SYSTEM "file://{secret}">]>{kml}'.encode()),
        "entities that grow": ("a.kml", f'<!DOCTYPE k [<!ENTITY l0 "ha">{laughs}]><kml>&l9;</kml>'.encode()),
        "entities in UTF-16": ("a.kml", f'<!DOCTYPE k [<!ENTITY x SYSTEM "{inside}">]>{kml}'.encode("utf-16")),
        "a link in a KML": ("a.kml", f"<kml>{link}</kml>".encode()),
        "brackets without end": ("a.json", b'{"type":' + b"[" * 5_000_000),
        "a program": ("a.gpkg", b"\x7fELF" + b"\0" * 1000),
        "nothing": ("a.shp", b""),
    }


def bitmap(width: int, height: int, **options: Any) -> bytes:
    """A picture of one colour: small on the line, large in memory."""
    kept = io.BytesIO()
    Image.new("L", (width, height), 9).save(kept, "PNG", compress_level=1, **options)
    return kept.getvalue()


def pictures() -> dict[str, bytes]:
    """Pictures that mean ill."""
    upside = Image.Exif()
    upside[0x112] = 6
    return {
        "30,000 by 30,000": bitmap(30_000, 30_000),
        "80 million and one": bitmap(8_000, 10_001),
        "EXIF": bitmap(9_000, 9_000, exif=upside),
        "broken": bitmap(8_000, 8_000)[:-2_000],
        "text": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "empty": b"",
    }


def test_files_that_mean_ill_read_nothing_fetch_nothing_and_are_told(
    own_cockpit: Cockpit, tmp_path: Path, inside: str
) -> None:
    own_cockpit.start()
    secret = tmp_path / "secret.csv"
    secret.write_text(f"code,name,wkt\ns,TOP-SECRET,POINT({LON} {LAT})\n")
    token = own_cockpit.answer("token", "add", "--role", "manager", "--name", "m")["token"]
    client = httpx.Client(base_url=f"{own_cockpit.url}/api/v1/heling", headers={"Authorization": f"Bearer {token}"})
    client.timeout = httpx.Timeout(180)
    server = own_cockpit.processes[-1]
    before = server.memory_info().rss
    told: list[dict[str, Any]] = []
    most = before

    def refused(label: str, answer: httpx.Response) -> None:
        nonlocal most
        most = max(most, server.memory_info().rss)
        assert answer.status_code in (400, 422), f"{label}: {answer.status_code} {answer.text[:300]}"
        assert "SECRET" not in answer.text
        assert "INSIDE" not in answer.text
        told.append({"label": label, "detail": answer.json()["detail"]})

    for label, (name, content) in surveys(own_cockpit.data / "cockpit.db", secret, inside).items():
        ask = {"file": name, "dry_run": "true"}
        refused(label, client.post("/ground/facilities", params=ask, content=content))
    event = client.post("/events", json={"id": "e1", "category": "other", "title": "t"}).json()["id"]
    for label, content in pictures().items():
        refused(label, client.post(f"/events/{event}/photos", content=content))

    assert all(one["detail"] for one in told)
    assert Inside.seen == []
    assert sorted(tmp_path.glob("secret*")) == [secret]
    assert most - before < MOST_MEMORY, f"{(most - before) >> 20} MiB more"
    assert [child for child in server.children(recursive=True) if "sandbox" in " ".join(child.cmdline())] == []
    looks = [row for row in audit(own_cockpit) if row["action"] == "ground.look"]
    assert len(looks) == len(surveys(secret, secret, inside))
    assert all(len(json_of(row)["sha256"]) == 64 and "fault" in json_of(row)["verdict"] for row in looks)


def audit(cockpit: Cockpit) -> list[dict[str, Any]]:
    """The rows of the audit trail."""
    import sqlite3

    with sqlite3.connect(cockpit.data / "cockpit.db") as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("select * from audit")]


def json_of(row: dict[str, Any]) -> dict[str, Any]:
    """What a row of the audit tells."""
    found: dict[str, Any] = json.loads(row["detail"])
    return found
