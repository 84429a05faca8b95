"""Text that people and devices send, without what no screen, file or database can hold."""

import re

LINE_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""Control characters, what turns the direction of writing around, and what XML cannot hold; tab and newline stay."""
HALVES = re.compile("[\ud800-\udfff]")
"""Half a character: UTF-8 cannot say it."""
REPLACEMENT = "\ufffd"


def cleaned(text: str) -> str:
    """A text of several lines as it is kept: line breaks are newlines, and nothing in it is unseen."""
    return HALVES.sub(REPLACEMENT, UNSEEN.sub("", LINE_BREAKS.sub("\n", text)))


def one_line(text: str) -> str:
    """A text of one line as it is kept, without blanks around it."""
    return re.sub(r"\s*[\n\t]\s*", " ", cleaned(text)).strip()
