r"""Domain names: as text, and as the labels of a message.

As text a name is rooted (`example.com.`, the root `.`) and in presentation form (RFC 1035, section 5.1): `\.`
is a dot inside a label, `\DDD` the byte with that decimal number. What is escaped is what master files give a
meaning, and whatever is not printable ASCII. So every name that a message can hold has one text,
`encode_name` gives its bytes back, and a name with something odd in it fails `is_domain_name` instead of
passing for another. Letters keep their case.
"""

from __future__ import annotations

import functools
from ipaddress import IPv4Address, IPv6Address

from .errors import EndOfMessage, MessageError

__all__ = ["Names", "decode_name", "encode_name", "is_domain_name", "reverse_name"]

# RFC 1035, section 2.3.4; a name's size counts the length bytes, the root's too.
MAX_LABEL = 63
MAX_NAME = 255

_DIGITS = "0123456789"
_HOST_CHARACTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_." + _DIGITS.encode()
_ADDRESS_CHARACTERS = _DIGITS + "."

_PRINTABLE = bytes(range(0x21, 0x7F))
_SPECIAL = b'."$();@\\'
_PLAIN = bytes(byte for byte in _PRINTABLE if byte not in _SPECIAL)
# What a label may bring along without anything being escaped, and the dot between two labels.
_PLAIN_AND_DOT = _PLAIN + b"."
_ESCAPES = [
    chr(byte) if byte in _PLAIN else "\\" + chr(byte) if byte in _SPECIAL else f"\\{byte:03}"
    for byte in range(256)
]
# Of the labels that there can be.
_LENGTHS = {length: bytes([length]) for length in range(1, MAX_LABEL + 1)}

# The first two bits of a length byte: 00 a label, 11 a pointer (RFC 1035, section 4.1.4). 01 (RFC 6891,
# section 5) and 10 are not in use.
_POINTER = 0xC0
_POINTER_BITS = _POINTER << 8


def is_domain_name(name: str) -> bool:
    """Whether it is worth asking for `name`, rooted or not: Go's rules, which let `_` pass and are otherwise
    those for host names. What is all digits and dots is an address, or a mistake in one."""
    if name == ".":
        return True
    body = name.removesuffix(".")
    # With the first label's length byte and the root's that makes 255.
    if len(body) > MAX_NAME - 2 or not name.isascii() or body.encode().translate(None, _HOST_CHARACTERS):
        return False
    labels = f".{body}."
    if ".." in labels or ".-" in labels or "-." in labels:
        return False
    if len(body) > MAX_LABEL and max(map(len, body.split("."))) > MAX_LABEL:
        return False
    return body.strip(_ADDRESS_CHARACTERS) != ""


def reverse_name(ip: IPv4Address | IPv6Address) -> str:
    """The name whose PTR records name an address (RFC 1035, section 3.5; RFC 3596, section 2.5). A zone is
    no part of it."""
    if ip.version == 6:
        mapped = ip.ipv4_mapped
        if mapped is None:
            return ".".join(reversed(ip.packed.hex())) + ".ip6.arpa."
        ip = mapped
    return ".".join(str(byte) for byte in reversed(ip.packed)) + ".in-addr.arpa."


def encode_name(name: str) -> bytes:
    r"""The bytes of a name in presentation form, rooted or not, uncompressed.

    Raises `ValueError` for an empty label, a label or name that is too long, a character beyond ASCII and a
    `\` with no character or a number over 255 after it.
    """
    if not name.isascii():
        raise ValueError("a domain name has ASCII characters only")
    if name == ".":
        return b"\0"
    try:
        if "\\" in name:
            wire = _joined(_unescape(name))
        else:
            # Those who are asked about one after the other mostly are of one domain, or the same one.
            first, _, domain = name.partition(".")
            wire = _LENGTHS[len(first)] + first.encode() + _encode_domain(domain)
    except KeyError:
        raise ValueError("a label of a domain name has 1 to 63 bytes") from None
    if len(wire) > MAX_NAME:
        raise ValueError("a domain name has at most 255 bytes")
    return wire


@functools.lru_cache(256)
def _encode_domain(name: str) -> bytes:
    return _joined(name.removesuffix(".").encode().split(b".")) if name else b"\0"


def _joined(labels: list[bytes]) -> bytes:
    """Raises `KeyError` for a label that is empty or too long."""
    return b"".join([_LENGTHS[len(label)] + label for label in labels]) + b"\0"


def _unescape(name: str) -> list[bytes]:
    labels = [bytearray()]
    characters = iter(name)
    for character in characters:
        if character == ".":
            labels.append(bytearray())
            continue
        code = ord(character)
        if character == "\\":
            character = next(characters, "")
            if character in _DIGITS:
                # "" is in every str: a backslash at the end comes here too.
                digits = character + next(characters, "") + next(characters, "")
                if len(digits) != 3 or not digits.isdigit() or int(digits) > 255:
                    raise ValueError("a backslash in a domain name stands before a character or three digits")
                code = int(digits)
            else:
                code = ord(character)
        labels[-1].append(code)
    # A dot at the end, not an escaped one, is the root's; what is empty elsewhere is an error.
    if not labels[-1]:
        labels.pop()
    return [bytes(label) for label in labels]


def decode_name(data: bytes, offset: int) -> tuple[str, int]:
    """The name at `offset` of a message, and where what follows it begins. Raises `MessageError`."""
    return Names(data).read(offset)


class Names:
    """The names of one message, each worked out once.

    A pointer has to go back: to before the name it stands in, and each further one to before the one that led
    to it. That rules out loops. It does not rule out 8,000 pointers in a row with as many records that point
    into them, so the name at every place pointed to is kept, and no pointer of a message is followed twice.
    Per name that leaves at most 127 labels to look at, and 255 bytes to keep.
    """

    __slots__ = ("_data", "known")

    def __init__(self, data: bytes) -> None:
        self._data = data
        # The text and the size of each, by the pointer to the name, which is what `parse` has at hand.
        self.known: dict[int, tuple[str, int]] = {}

    def read(self, offset: int) -> tuple[str, int]:
        """As `decode_name`."""
        data, known = self._data, self.known
        labels: list[bytes] = []
        # Where the name and, after each pointer, its rest begins; how many labels and bytes come before that.
        starts = [(offset, 0, 0)]
        position = lowest = offset
        after = size = 0
        text, rest = "", 1
        try:
            while length := data[position]:
                if length <= MAX_LABEL:
                    position += 1
                    # A slice cut short by the end of the data is noticed at the next length byte.
                    labels.append(data[position : position + length])
                    position += length
                    size += 1 + length
                    if size >= MAX_NAME:
                        raise MessageError("a name of more than 255 bytes")
                    continue
                if length < _POINTER:
                    raise MessageError("a label of an unknown kind")
                target = (length - _POINTER) << 8 | data[position + 1]
                if target >= lowest:
                    raise MessageError("a compression pointer that does not go back")
                after = after or position + 2
                pointer = target | _POINTER_BITS
                if pointer in known:
                    text, rest = known[pointer]
                    if size + rest > MAX_NAME:
                        raise MessageError("a name of more than 255 bytes")
                    break
                starts.append((target, len(labels), size))
                position = lowest = target
        except IndexError:
            raise EndOfMessage("the message ends within a name") from None
        after = after or position + 1
        if text == ".":
            text = ""
        size += rest
        stop = len(labels)
        while starts:
            start, first, before = starts.pop()
            if first < stop:
                text = _present(labels[first:stop]) + text
                stop = first
            if start < 0x4000:  # Farther than a pointer reaches nobody asks for it.
                pointer = start | _POINTER_BITS
                known[pointer] = text or ".", size - before
        return text or ".", after


def _present(labels: list[bytes]) -> str:
    raw = b".".join(labels)
    if not raw.translate(None, _PLAIN_AND_DOT) and raw.count(b".") == len(labels) - 1:
        return raw.decode() + "."
    return "".join(["".join([_ESCAPES[byte] for byte in label]) + "." for label in labels])
