"""The order in which addresses are tried (RFC 6724), mail exchangers (RFC 5321) and services (RFC 2782)."""

from __future__ import annotations

import collections
import itertools
import operator
import random
import time
from collections.abc import Callable
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from dialnet import MX, SRV, IPAddr
from dialnet.resolve import sorting
from dialnet.resolve.sorting import by_preference, by_priority, by_rfc6724, source_of


def from_(sources: dict[str, str | None]) -> Callable[[IPAddr], IPv4Address | IPv6Address | None]:
    """What the kernel would send from, by destination."""

    def source(addr: IPAddr) -> IPv4Address | IPv6Address | None:
        found = sources[str(addr)]
        return None if found is None else ip_address(found)

    return source


# Destinations in the order in which they are to be tried, each with its source (None: unreachable).
ORDERS: dict[str, list[tuple[str, str | None]]] = {
    # RFC 6724, section 10.2, as far as its rules are here: examples 5 and 6 are about rules 3 and 4.
    "10.2.1 matching scope": [
        ("2001:db8:1::1", "2001:db8:1::2"),
        ("198.51.100.121", "169.254.13.78"),
    ],
    "10.2.2 matching scope": [
        ("198.51.100.121", "198.51.100.117"),
        ("2001:db8:1::1", "fe80::1"),
    ],
    "10.2.3 higher precedence": [
        ("2001:db8:1::1", "2001:db8:1::2"),
        ("10.1.2.3", "10.1.2.4"),
    ],
    "10.2.4 smaller scope": [
        ("fe80::1", "fe80::2"),
        ("2001:db8:1::1", "2001:db8:1::2"),
    ],
    "10.2.7 longest prefix": [
        ("2001:db8:1::1", "2001:db8:1::2"),
        ("2001:db8:3ffe::1", "2001:db8:3f44::2"),
    ],
    "10.2.8 matching label": [
        ("2002:c633:6401::1", "2002:c633:6401::2"),
        ("2001:db8:1::1", "2002:c633:6401::2"),
    ],
    "10.2.9 higher precedence": [
        ("2001:db8:1::1", "2001:db8:1::2"),
        ("2002:c633:6401::1", "2002:c633:6401::2"),
    ],
    "unreachable": [
        ("198.51.100.121", "198.51.100.117"),
        ("2001:db8:1::1", None),
    ],
    # Rule by rule; each would be decided the other way by the rule that follows.
    "rule 1 before 2": [("10.0.0.1", "169.254.0.1"), ("2001:db8::1", None)],
    "rule 2 before 5": [("192.0.2.1", "10.0.0.1"), ("2001:db8::1", "fe80::1")],
    "rule 5 before 6": [("192.0.2.1", "10.0.0.1"), ("2001:db8::1", "fd00::1")],
    "rule 6 before 8": [("2001:db8::1", "2001:db8::2"), ("169.254.0.1", "169.254.0.2")],
    "rule 8 before 9": [("fe80::1", "fe80:0:0:1::2"), ("2001:db8::1", "2001:db8::2")],
    "rule 9": [("2001:db8:0:8::1", "2001:db8:0:9::1"), ("2001:db8:0:10::1", "2001:db8:0:9::1")],
    "loopback": [("::1", "::1"), ("127.0.0.1", "127.0.0.1")],
    "tunnels": [
        ("2001:db8::1", "2001:db8::2"),
        ("192.0.2.1", "10.0.0.1"),
        ("2002:c000:201::1", "2002:c000:202::1"),
        ("2001:0:1::1", "2001:0:2::1"),
    ],
    "several of each": [
        ("2001:db8::1", "2001:db8::9"),
        ("2001:db8:1::1", "2001:db8::9"),
        ("203.0.113.1", "10.0.0.1"),
        ("2001:db9::1", None),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", ORDERS)
def test_order(name: str) -> None:
    expected = [text for text, _ in ORDERS[name]]
    source = from_(dict(ORDERS[name]))
    for given in itertools.permutations(expected):
        assert [str(addr) for addr in by_rfc6724([IPAddr(text) for text in given], source)] == expected, given


# Between which there is nothing to choose: they stay as they came.
EQUALS: dict[str, list[tuple[str, str | None]]] = {
    "both unreachable": [("2001:db8::1", None), ("127.0.0.1", None), ("fe80::1", None)],
    # Rule 9 is for IPv6: with IPv4 it says nothing of distance.
    "IPv4": [("10.0.0.1", "10.0.0.2"), ("192.0.2.1", "10.0.0.2"), ("10.0.0.3", "10.0.0.2")],
    # Beyond 64 bits hosts are numbered.
    "one network": [("2001:db8::ffff:1", "2001:db8::1"), ("2001:db8::2", "2001:db8::1")],
}


@pytest.mark.parametrize("name", EQUALS)
def test_equals_stay_as_they_came(name: str) -> None:
    texts = [text for text, _ in EQUALS[name]]
    for given in itertools.permutations(texts):
        addrs = [IPAddr(text) for text in given]
        assert by_rfc6724(addrs, from_(dict(EQUALS[name]))) == addrs


def test_few_are_asked_nothing() -> None:
    """There is no socket for what needs no order."""

    def source(addr: IPAddr) -> None:
        raise AssertionError("nobody needs to know")

    assert by_rfc6724([], source) == []
    one = [IPAddr("192.0.2.1")]
    assert by_rfc6724(one, source) == one
    assert by_rfc6724(one, source) is not one
    assert by_rfc6724(tuple(one), source) == one


def test_zones_are_kept_and_asked_about() -> None:
    asked = []

    def source(addr: IPAddr) -> IPv6Address:
        asked.append(str(addr))
        return IPv6Address("fe80::9" if addr.zone == "b" else "2001:db8::9")

    addrs = [IPAddr("fe80::1", "a"), IPAddr("fe80::1", "b")]
    assert by_rfc6724(addrs, source) == addrs[::-1]
    assert asked == ["fe80::1%a", "fe80::1%b"]


POLICIES = [
    ("::1", 50, 0),
    ("::2", 1, 3),
    ("::", 1, 3),
    ("127.0.0.1", 35, 4),
    ("255.255.255.255", 35, 4),
    ("0.0.0.0", 35, 4),
    ("2001::1", 5, 5),
    ("2001:0:ffff::1", 5, 5),
    ("2001:1::1", 40, 1),
    ("2002::1", 30, 2),
    ("2003::1", 40, 1),
    ("3ffe::1", 1, 12),
    ("3fff::1", 40, 1),
    ("fec0::1", 1, 11),
    ("feff::1", 1, 11),
    ("fe80::1", 40, 1),
    ("fc00::1", 3, 13),
    ("fdff::1", 3, 13),
    ("ff02::1", 40, 1),
    ("2601:645:8002:a500:986f:1db8:c836:bd65", 40, 1),
]


@pytest.mark.parametrize(("text", "precedence", "label"), POLICIES)
def test_policy(text: str, precedence: int, label: int) -> None:
    assert sorting._policy(ip_address(text)) == (precedence, label)


SCOPES = [
    ("::1", 2),
    ("fe80::1", 2),
    ("febf::1", 2),
    ("127.0.0.1", 2),
    ("127.255.0.1", 2),
    ("169.254.0.1", 2),
    ("fec0::1", 5),
    ("feff::1", 5),
    ("ff01::1", 1),
    ("ff02::1", 2),
    ("ff05::1", 5),
    ("ff1e::1", 14),
    ("2001:db8::1", 14),
    ("fc00::1", 14),
    ("::", 14),
    ("10.0.0.1", 14),
    ("192.168.0.1", 14),
    ("224.0.0.1", 14),
]


@pytest.mark.parametrize(("text", "scope"), SCOPES)
def test_scope(text: str, scope: int) -> None:
    assert sorting._scope(ip_address(text)) == scope


@pytest.mark.parametrize(
    ("one", "other", "length"),
    [
        ("2001:db8::1", "2001:db8::1", 64),
        ("2001:db8::1", "2001:db8::ffff:0:0:1", 64),
        ("2001:db8::", "2001:db8:0:1::", 63),
        ("2001:db8::", "2001:db8:8000::", 32),
        ("2001:db8::", "2001:db9::", 31),
        ("::", "8000::", 0),
    ],
)
def test_common_prefix(one: str, other: str, length: int) -> None:
    assert sorting._common_prefix(IPv6Address(one), IPv6Address(other)) == length
    assert sorting._common_prefix(IPv6Address(other), IPv6Address(one)) == length


def test_the_kernel_knows_its_sources() -> None:
    assert source_of(IPAddr("127.0.0.1")) == IPv4Address("127.0.0.1")
    assert source_of(IPAddr("::1")) == IPv6Address("::1")
    # A socket must be allowed to broadcast first, so this is one that the kernel refuses.
    assert source_of(IPAddr("255.255.255.255")) is None
    assert source_of(IPAddr("fe80::1", "no-such-zone")) is None
    assert by_rfc6724([IPAddr("255.255.255.255"), IPAddr("127.0.0.1")])[0] == IPAddr("127.0.0.1")


# MX.


def test_mail_exchangers() -> None:
    given = [MX("c.", 30), MX("a.", 10), MX("z.", 65535), MX("o.", 0), MX("b.", 20)]
    before = list(given)
    assert [mx.host for mx in by_preference(given)] == ["o.", "a.", "b.", "c.", "z."]
    assert given == before
    assert by_preference([]) == []


def test_equal_mail_exchangers_share_the_load() -> None:
    """Every order of equals comes, about as often as any other, and none of unequals."""
    given = [MX("late.", 20), MX("a.", 10), MX("b.", 10), MX("c.", 10)]
    tries = 3000
    seen = collections.Counter("".join(mx.host[0] for mx in by_preference(given)) for _ in range(tries))
    assert set(seen) == {"".join(order) + "l" for order in itertools.permutations("abc")}
    # Each 500 times, with a standard deviation of about 20.
    assert all(300 < count < 700 for count in seen.values()), seen


# SRV.


def services(*weights: int, priority: int = 1) -> list[SRV]:
    return [SRV(f"w{weight}-{i}.", 1, priority, weight) for i, weight in enumerate(weights)]


class Draws:
    """A `draw` that gives what it is told, and knows what it was asked for."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.asked: list[int] = []

    def __call__(self, limit: int) -> int:
        self.asked.append(limit)
        number = self.numbers.pop(0) if self.numbers else 0
        assert 0 <= number < limit
        return number


def weights_of(records: list[SRV]) -> list[int]:
    return [record.weight for record in records]


@pytest.mark.parametrize(
    ("draws", "weights"),
    [
        # Sorted by weight they cover 0-9, 10-39 and 40-99.
        ((0,), [10, 30, 60]),
        ((9,), [10, 30, 60]),
        ((10,), [30, 10, 60]),
        ((39,), [30, 10, 60]),
        ((40,), [60, 10, 30]),
        ((99,), [60, 10, 30]),
        # What is left covers a line of its own.
        ((99, 9), [60, 10, 30]),
        ((99, 10), [60, 30, 10]),
        ((0, 29), [10, 30, 60]),
        ((0, 30), [10, 60, 30]),
    ],
)
def test_services_are_drawn(draws: tuple[int, ...], weights: list[int]) -> None:
    draw = Draws(*draws)
    given = services(60, 10, 30)
    before = list(given)
    assert weights_of(by_priority(given, draw)) == weights
    assert draw.asked[:2] == [100, 100 - weights[0]]
    assert given == before


@pytest.mark.parametrize("weights", [(1, 2, 3), (5, 5, 1, 0), (1, 1), (0, 7, 3)])
def test_services_are_drawn_as_often_as_their_weight_says(weights: tuple[int, ...]) -> None:
    """Every draw there can be, with its probability: a service is the next with its share of what is left."""
    given = services(*weights)
    seen: dict[tuple[str, ...], Fraction] = collections.defaultdict(Fraction)

    def follow(draws: tuple[int, ...], chance: Fraction) -> None:
        draw = Draws(*draws)
        found = by_priority(given, draw)
        if len(draw.asked) == len(draws):
            seen[tuple(record.target for record in found)] += chance
            return
        limit = draw.asked[len(draws)]
        for number in range(limit):
            follow((*draws, number), chance / limit)

    follow((), Fraction(1))
    positive = [record for record in given if record.weight]
    zero = tuple(record.target for record in given if not record.weight)
    expected = {}
    for order in itertools.permutations(positive):
        chance, left = Fraction(1), sum(weights)
        for record in order:
            chance *= Fraction(record.weight, left)
            left -= record.weight
        expected[tuple(record.target for record in order) + zero] = chance
    assert seen == expected


def test_priorities_come_first() -> None:
    """Each is drawn for itself."""
    given = [*services(5, 0, priority=20), *services(1, 9, priority=10), *services(0, 0, priority=0)]
    draw = Draws(9, 0, 4)
    found = by_priority(given, draw)
    assert [(record.priority, record.weight) for record in found] == [
        (0, 0), (0, 0), (10, 9), (10, 1), (20, 5), (20, 0),
    ]  # fmt: skip
    assert draw.asked == [10, 1, 5]


def test_weights_of_zero_come_last() -> None:
    """In the order they have, and without a draw where there is nothing else."""
    given = services(0, 3, 0, 0)
    assert [record.target for record in by_priority(given, Draws())] == ["w3-1.", "w0-0.", "w0-2.", "w0-3."]
    draw = Draws()
    assert by_priority(services(0, 0), draw) == services(0, 0)
    assert by_priority([], draw) == []
    assert draw.asked == []
    assert by_priority(services(7)) == services(7)


def test_services_share_the_load() -> None:
    """With the draws that a lookup makes."""
    given = services(1, 3)
    first = collections.Counter(by_priority(given)[0].weight for _ in range(2000))
    # 1500 times, with a standard deviation of about 20.
    assert 1300 < first[3] < 1700


@pytest.mark.parametrize("spread", ["weights", "priorities"])
def test_thousands_of_services_take_no_time(spread: str) -> None:
    """As many as an answer can hold. One by one, with a sum for each draw, they took five seconds."""
    if spread == "weights":
        given = [SRV("a.", 1, 0, 65535 - i) for i in range(3400)]
    else:
        given = [SRV("a.", 1, i, 1) for i in range(3400)]
    random.shuffle(given)
    start = time.process_time()
    found = by_priority(given)
    assert time.process_time() - start < 1.0
    key = operator.attrgetter("priority", "weight")
    assert sorted(found, key=key) == sorted(given, key=key)
