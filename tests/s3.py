"""An S3 of the tests' own, as small as one can be: one bucket in memory, over HTTP, that checks each signature (v4)."""

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

KEY, SECRET = "cockpit", "a-secret-of-the-tests"
BUCKET = "township"


class S3:
    """What is in the bucket, and how it fares. ``room``: bytes that it still takes; ``is_away``: it answers nothing."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.room = 1 << 40
        self.is_away = False
        self.refused = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running() -> Iterator[S3]:
    """One on a free port."""
    state = S3()

    class Handler(Answers):
        s3 = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class Answers(BaseHTTPRequestHandler):
    """What a client of an S3 asks."""

    s3: S3
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _ask(self) -> tuple[str, dict[str, str], bytes] | None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        where = urlsplit(self.path)
        if self.s3.is_away:
            self._say(503, b"")
            return None
        if not self._is_signed(where.path, where.query):
            self.s3.refused += 1
            self._say(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            return None
        asked = dict(parse_qsl(where.query, keep_blank_values=True))
        return unquote(where.path).removeprefix(f"/{BUCKET}").lstrip("/"), asked, body

    def _is_signed(self, path: str, query: str) -> bool:
        """AWS Signature Version 4, as an S3 checks it."""
        said = dict(
            part.strip().split("=", 1)
            for part in self.headers.get("Authorization", "").removeprefix("AWS4-HMAC-SHA256").split(",")
            if "=" in part
        )
        if said.get("Credential", "").split("/")[0] != KEY:
            return False
        scope = said["Credential"].split("/", 1)[1]
        names = said["SignedHeaders"].split(";")
        asked = sorted(parse_qsl(query, keep_blank_values=True))
        canonical = "\n".join(
            [
                self.command,
                path,
                "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in asked),
                *(f"{name}:{(self.headers.get(name) or '').strip()}" for name in names),
                "",
                said["SignedHeaders"],
                self.headers.get("x-amz-content-sha256", ""),
            ]
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers.get("x-amz-date", ""), scope, digest])
        key = f"AWS4{SECRET}".encode()
        for part in [*scope.split("/"), text]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(key.hex(), said["Signature"])

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | told).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        """How large an object is."""
        self.do_GET()

    def do_GET(self) -> None:
        """The list, or an object, or a range of it."""
        if (asked := self._ask()) is None:
            return
        path, query, _ = asked
        if "list-type" in query:
            found = {name: one for name, one in self.s3.objects.items() if name.startswith(query.get("prefix", ""))}
            entries = "".join(
                f"<Contents><Key>{escape(name)}</Key><LastModified>2026-11-27T00:00:00.000Z</LastModified>"
                f'<ETag>"{len(one)}"</ETag><Size>{len(one)}</Size></Contents>'
                for name, one in sorted(found.items())
            )
            body = (
                f"<ListBucketResult><Name>{BUCKET}</Name><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
            )
            self._say(200, body.encode())
            return
        if path not in self.s3.objects:
            self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        whole = self.s3.objects[path]
        marks = {"ETag": '"1"', "Last_Modified": "Fri, 27 Nov 2026 00:00:00 GMT"}
        if self.command == "HEAD":
            marks["Content_Length"] = str(len(whole))
            self._say(200, b"", **marks)
        elif (asked_range := self.headers.get("Range")) is not None:
            first, _, last = asked_range.removeprefix("bytes=").partition("-")
            part = whole[int(first) : int(last or len(whole)) + 1]
            marks["Content_Range"] = f"bytes {first}-{int(first) + len(part) - 1}/{len(whole)}"
            self._say(206, part, **marks)
        else:
            self._say(200, whole, **marks)

    def do_PUT(self) -> None:
        """An object, or a part of one."""
        if (asked := self._ask()) is None:
            return
        path, query, body = asked
        if len(body) > self.s3.room:
            self._say(507, b"<Error><Code>InsufficientStorage</Code></Error>")
            return
        self.s3.room -= len(body)
        if "uploadId" in query:
            self.s3.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.s3.objects[path] = body
        self._say(200, b"", ETag='"1"')

    def do_POST(self) -> None:
        """Begin an object of parts, or make it whole; or let several objects go."""
        if (asked := self._ask()) is None:
            return
        path, query, body = asked
        if "uploads" in query:
            self.s3.parts[path] = {}
            begun = (
                f"<InitiateMultipartUploadResult><UploadId>{escape(path)}</UploadId></InitiateMultipartUploadResult>"
            )
            self._say(200, begun.encode())
            return
        if "delete" in query:
            names = re.findall(r"<Key>([^<]*)</Key>", body.decode())
            for name in names:
                self.s3.objects.pop(unescape(name), None)
            gone = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
            self._say(200, f"<DeleteResult>{gone}</DeleteResult>".encode())
            return
        parts = self.s3.parts.pop(query["uploadId"])
        self.s3.objects[path] = b"".join(parts[number] for number in sorted(parts))
        self._say(200, b'<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>')

    def do_DELETE(self) -> None:
        """Let an object go, or the parts of one that is not whole."""
        if (asked := self._ask()) is None:
            return
        path, query, _ = asked
        if "uploadId" in query:
            self.s3.parts.pop(query["uploadId"], None)
        else:
            self.s3.objects.pop(path, None)
        self._say(204, b"")
