"""Messages made by hand: files of hexadecimal digits with comments, and parts to put together in a test."""

from __future__ import annotations

import struct
from pathlib import Path

FOLDER = Path(__file__).with_name("messages")
FILES = sorted(FOLDER.glob("*.hex"))

# The owner of a record: the question's name, which always begins at 12.
TO_QUESTION = b"\xc0\x0c"
RESPONSE = 0x8180


def load(path: Path) -> bytes:
    """Read a file of `messages`: what is behind a # is a comment."""
    return bytes.fromhex("".join(line.partition("#")[0] for line in path.read_text().splitlines()))


def header(*counts: int, id: int = 1, flags: int = RESPONSE) -> bytes:
    """A header with these section counts, the missing ones 0."""
    return struct.pack("!HHHHHH", id, flags, *counts, *[0] * (4 - len(counts)))


def question(name: bytes = b"\1q\0", type: int = 1, class_: int = 1) -> bytes:
    return name + struct.pack("!HH", type, class_)


def record(type: int, data: bytes, *, name: bytes = TO_QUESTION, class_: int = 1, ttl: int = 60) -> bytes:
    return name + struct.pack("!HHIH", type, class_, ttl, len(data)) + data


def answer(*records: bytes, flags: int = RESPONSE) -> bytes:
    """A response with one question and these records in its answer section."""
    return header(1, len(records), flags=flags) + question() + b"".join(records)


def additional(*records: bytes, flags: int = RESPONSE) -> bytes:
    """A response with one question and these records in its additional section."""
    return header(1, 0, 0, len(records), flags=flags) + question() + b"".join(records)
