"""Why a payload is no JSON, in words that tell an installer what was found, where, and what to do.

The decoder says at which byte it gave up; what firmware really did there is one of a few dozen things, and
those are looked for here. Only what was refused already comes this way, so it may take its time.
"""

import json
import re
from collections.abc import Callable, Iterator

from sensors.refusal import Reason, Refused

SHOWN = 24
NUL = b"\x00"
UTF8_MARK = b"\xef\xbb\xbf"
WIDE_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
COMPRESSED = {b"\x1f\x8b": "gzip", b"\x78\x9c": "zlib", b"\x78\x01": "zlib", b"\x78\xda": "zlib", b"PK\x03\x04": "zip"}
CURLY = "\u201c\u201d\u2018\u2019\uff02\uff1a\uff0c\uff5b\uff5d\uff3b\uff3d"
"""Quotes, colons, commas and brackets as a Chinese or a typographic keyboard writes them."""
LITERALS = {"True": "true", "False": "false", "None": "null", "NULL": "null", "TRUE": "true", "FALSE": "false"}
NO_NUMBER = re.compile(r"[+-]?(?:nan|inf(?:inity)?|1\.#\w+)\b", re.IGNORECASE)


def why_not(payload: bytes, error: str) -> Refused:
    """The refusal of a payload that the decoder does not take; ``error`` are the decoder's words."""
    return _why_no_text(payload) or _why_no_json(payload.decode(), error)


def _why_no_text(payload: bytes) -> Refused | None:
    """What is wrong with the bytes before they are JSON at all; None where they are UTF-8 text."""
    packed = next((name for mark, name in COMPRESSED.items() if payload.startswith(mark)), None)
    if packed is not None:
        return Refused(Reason.INVALID_UTF8, f"byte 0 (0x{payload[0]:02x}): compressed ({packed}); send UTF-8 text")
    wide = next((name for mark, name in WIDE_MARKS.items() if payload.startswith(mark)), None)
    if wide is not None or _is_wide(payload):
        return Refused(
            Reason.INVALID_UTF8, f"byte 0 (0x{payload[0]:02x}): text in UTF-16, two bytes a character; send UTF-8"
        )
    try:
        payload.decode()
    except UnicodeDecodeError as bad:
        return _why_no_utf8(payload, bad)
    if payload.startswith(UTF8_MARK):
        return Refused(Reason.INVALID_JSON, "begins with a byte order mark (bytes EF BB BF); send the text without it")
    return None


def _is_wide(payload: bytes) -> bool:
    half = len(payload) // 2
    starts_so = payload[:4].strip(NUL)[:1] in (b"{", b"[", b'"', b" ", b"\r", b"\n")
    return starts_so and half > 1 and (payload[0::2].count(NUL) >= half - 1 or payload[1::2].count(NUL) >= half - 1)


def _why_no_utf8(payload: bytes, bad: UnicodeDecodeError) -> Refused:
    where = f"byte {bad.start} (0x{payload[bad.start]:02x}): {bad.reason}"
    try:
        text = payload.decode("gb18030")
        json.loads(text)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return Refused(Reason.INVALID_UTF8, where)
    found = re.findall(r"[^\x00-\x7f]+", text)
    shown = f" ({found[0][:SHOWN]})" if found else ""
    return Refused(Reason.INVALID_UTF8, f"{where}; the text is in GBK{shown}: send UTF-8")


def _why_no_json(text: str, error: str) -> Refused:
    if not text.strip("\x00 \t\r\n"):
        what = "nothing but zero bytes" if NUL.decode() in text else "an empty message"
        return Refused(Reason.INVALID_JSON, f"{what} (the input is truncated to nothing): no JSON")
    constants: list[str] = []
    try:
        # The standard decoder reads NaN and Infinity, which JSON has not, and says where a text ends.
        _, end = json.JSONDecoder(parse_constant=constants.append).raw_decode(text, len(text) - len(text.lstrip()))
    except (ValueError, RecursionError) as bad:
        return _by_place(text, getattr(bad, "pos", 0), error)
    rest = text[end:].strip(" \t\r\n")
    if rest:
        return Refused(Reason.INVALID_JSON, _why_more(text, end, rest))
    half = re.search(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", text)
    if half is not None and ("truncated" in error or "surrogate" in error):
        where = f"{half[0]} at {_at(text, half.start())}"
        return Refused(Reason.INVALID_JSON, f"{where} is half of a character: send both halves")
    if constants:
        return Refused(
            Reason.NOT_FINITE,
            f"{constants[0]} is not a JSON value (RFC 8259 section 6): at {_at(text, text.find(constants[0]))}; "
            "leave the value out, or send null",
        )
    if "out of range" in error:
        return Refused(Reason.NOT_FINITE, error)
    return Refused(Reason.INVALID_JSON, error)


def _why_more(text: str, end: int, rest: str) -> str:
    where = f"the JSON ends at {_at(text, end)}"
    if not rest.strip("\x00"):
        return (
            f"{where} and after it there is NUL (0x00, {len(rest)} times): the length that was published "
            "counts the closing NUL of a C string; publish strlen(), not sizeof()"
        )
    if rest[0] in "{[":
        return f"{where} and another begins: send a list, or each in a message of its own"
    return f"{where} and more follows: {_shown(rest)}; publish the JSON alone"


def _by_place(text: str, place: int, error: str) -> Refused:
    for find in (_no_number, _by_characters, _by_shape):
        for reason, words in find(text, place):
            return Refused(reason, words)
    if place >= len(text.rstrip(" \t\r\n\x00")) or "truncated" in error:
        cut = f"the text ends at {_at(text, len(text))} before its JSON does: truncated, by a buffer too short?"
        return Refused(Reason.INVALID_JSON, cut)
    return Refused(Reason.INVALID_JSON, f"{error}; there stands {_shown(text[place:])}")


Found = Iterator[tuple[Reason, str]]
Find = Callable[[str, int], Found]


def _no_number(text: str, place: int) -> Found:
    match = NO_NUMBER.match(text, place)
    if match is None and text[place - 1 : place] in ("+", "-"):
        match = NO_NUMBER.match(text, place - 1)
    if match is not None:
        yield (
            Reason.NOT_FINITE,
            f"{match[0]} at {_at(text, match.start())} is no JSON value; leave the value out, or send null",
        )


def _by_characters(text: str, place: int) -> Found:
    """What a single character at the place gives away."""
    here, before = text[place : place + 1], text[:place].rstrip()
    at = _at(text, place)
    word = re.match(r"\w+", text[place:])
    if here == "\x00":
        yield (
            Reason.INVALID_JSON,
            f"a zero byte (0x00) at {at}, within the text: a buffer that was not filled?",
        )
    if here and here in CURLY:
        yield Reason.INVALID_JSON, f'{here} (U+{ord(here):04X}) at {at}: JSON takes the plain signs " : , {{ }} [ ]'
    if here == "'":
        yield Reason.INVALID_JSON, f"a single quote at {at}: JSON takes double quotes"
    if word is not None and word[0] in LITERALS:
        yield Reason.INVALID_JSON, f"{word[0]} at {at}: JSON writes {LITERALS[word[0]]}"
    if here in ("}", "]") and before.endswith(","):
        yield Reason.INVALID_JSON, f"a comma before the {here} at {at}: nothing follows it; leave it out"
    if here in ("}", "]", ",") and before.endswith(":"):
        yield Reason.INVALID_JSON, f"no value at {at}: leave the name out too, or send null"
    if here and ord(here) < 0x20:
        yield (
            Reason.INVALID_JSON,
            f"a control character (0x{ord(here):02x}) within a text at {at}: write it as \\u{ord(here):04x}",
        )


def _by_shape(text: str, place: int) -> Found:
    """What the characters around the place give away."""
    before, after, at = text[:place], text[place:], _at(text, place)
    comma = re.search(r"[:\[,]\s*(-?\d+,\d+)$", before.rstrip()) or _comma_ahead(text, place)
    if comma is not None:
        point = comma.replace(",", ".") if isinstance(comma, str) else comma[1].replace(",", ".")
        yield Reason.INVALID_JSON, f"a decimal comma before {at}: write {point}"
    sign = re.match(r"[+.]\d|-\.\d", after)
    if sign is not None:
        yield Reason.INVALID_JSON, f"a number begins with {sign[0][:-1]} at {at}: write digits first, such as 0.5"
    if re.search(r"(?<![\d.])-?0$", before) and re.match(r"[0-9xX]", after):
        yield Reason.INVALID_JSON, f"a number begins with 0 at {at}: write it in decimal and without leading zeros"
    if before.rstrip().endswith(("{", ",")) and re.match(r"[A-Za-z_]\w*\s*:", after):
        yield Reason.INVALID_JSON, f"a name without quotes at {at}: JSON writes names in double quotes"
    if not re.match(r"\s*[\[{]", text) and re.match(r"\s*[\w.]+\s*[=:]", text):
        yield Reason.INVALID_JSON, f'no JSON but {_shown(text)}: write {{"pm2_5": 35}}'
    if after[:1] == ";":
        yield Reason.INVALID_JSON, f"a semicolon at {at}: JSON takes a comma"


def _comma_ahead(text: str, place: int) -> str | None:
    """A decimal comma, found where a name was expected after it: ``{"a": 35,5}``."""
    match = re.search(r"(-?\d+),\s*$", text[:place])
    digits = re.match(r"\d+(?=\s*[,}\]])", text[place:])
    return f"{match[1]},{digits[0]}" if match is not None and digits is not None else None


def _at(text: str, place: int) -> str:
    return f"byte {len(text[:place].encode())}"


def _shown(text: str) -> str:
    return repr(text[:SHOWN]) + ("..." if len(text) > SHOWN else "")
