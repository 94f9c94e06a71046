"""`split_host_port` and `join_host_port`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.addresses import join_host_port, split_host_port
from dialnet.errors import AddrError

MISSING_PORT = "missing port in address"
TOO_MANY_COLONS = "too many colons in address"
MISSING_CLOSE = "missing ']' in address"
UNEXPECTED_OPEN = "unexpected '[' in address"
UNEXPECTED_CLOSE = "unexpected ']' in address"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("localhost:http", "localhost", "http"),
        ("localhost:80", "localhost", "80"),
        ("localhost%lo0:80", "localhost%lo0", "80"),
        ("[localhost%lo0]:80", "localhost%lo0", "80"),
        ("localhost:", "localhost", ""),
        (":80", "", "80"),
        (":", "", ""),
        ("[]:80", "", "80"),
        ("[]:", "", ""),
        ("192.0.2.1:https", "192.0.2.1", "https"),
        ("[192.0.2.1]:443", "192.0.2.1", "443"),
        ("[::1]:80", "::1", "80"),
        ("[::1%lo]:http", "::1%lo", "http"),
        ("[2001:db8::5]:", "2001:db8::5", ""),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", "80"),
        ("golang.org:", "golang.org", ""),
        ("golang.org:-1 x", "golang.org", "-1 x"),
        ("[::1]:a b%c", "::1", "a b%c"),
    ],
)
def test_split(text, host, port):
    assert split_host_port(text) == (host, port)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", MISSING_PORT),
        ("localhost", MISSING_PORT),
        ("192.0.2.1", MISSING_PORT),
        ("[::1]", MISSING_PORT),
        ("[localhost]", MISSING_PORT),
        ("[::1%lo0]", MISSING_PORT),
        ("[host]port", MISSING_PORT),
        ("[::1]80:", MISSING_PORT),
        ("[a]b:80", MISSING_PORT),
        ("[::1]]:80", MISSING_PORT),
        ("[]", MISSING_PORT),
        ("]", MISSING_PORT),
        ("[", MISSING_PORT),
        ("[]]:", MISSING_PORT),
        ("::1", TOO_MANY_COLONS),
        ("::", TOO_MANY_COLONS),
        ("fe80::1%lo0:80", TOO_MANY_COLONS),
        ("localhost:80:81", TOO_MANY_COLONS),
        ("[::1]:80:81", TOO_MANY_COLONS),
        ("[a]::", TOO_MANY_COLONS),
        (":[]:", TOO_MANY_COLONS),
        ("[::1:80", MISSING_CLOSE),
        ("[:", MISSING_CLOSE),
        ("[[:]:", UNEXPECTED_OPEN),
        ("[[a]:80", UNEXPECTED_OPEN),
        ("a[b:80", UNEXPECTED_OPEN),
        ("a:[80", UNEXPECTED_OPEN),
        ("[a]:[", UNEXPECTED_OPEN),
        ("[a]:[]", UNEXPECTED_OPEN),
        ("a][:80", UNEXPECTED_OPEN),
        ("a]b:80", UNEXPECTED_CLOSE),
        ("]:80", UNEXPECTED_CLOSE),
        ("a:80]", UNEXPECTED_CLOSE),
        ("[a]:80]", UNEXPECTED_CLOSE),
    ],
)
def test_split_errors(text, reason):
    with pytest.raises(AddrError) as caught:
        split_host_port(text)
    assert (caught.value.err, caught.value.addr) == (reason, text)
    assert str(caught.value) == (f"address {text}: {reason}" if text else reason)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        ("localhost", "http", "localhost:http"),
        ("localhost", 80, "localhost:80"),
        ("", "80", ":80"),
        ("", "", ":"),
        ("192.0.2.1", "0", "192.0.2.1:0"),
        ("::1", "80", "[::1]:80"),
        ("::1", 80, "[::1]:80"),
        ("fe80::1%eth0", "80", "[fe80::1%eth0]:80"),
        ("host%eth0", "80", "host%eth0:80"),
        # Nothing is looked at.
        ("[::1]", "x:y", "[[::1]]:x:y"),
        ("a b", -1, "a b:-1"),
    ],
)
def test_join(host, port, text):
    assert join_host_port(host, port) == text


hosts = st.text().filter(lambda host: "[" not in host and "]" not in host)
ports = st.text().filter(lambda port: not set(port) & set("[]:"))


@given(hosts, ports)
def test_split_undoes_join(host, port):
    assert split_host_port(join_host_port(host, port)) == (host, port)


@given(st.text(alphabet="[]:%a1"))
def test_join_undoes_split(text):
    try:
        host, port = split_host_port(text)
    except AddrError:
        return
    # Brackets that were not needed are gone; nothing else is.
    assert join_host_port(host, port) in (text, text.replace("[", "").replace("]", ""))


@pytest.mark.parametrize("wrong", [None, b"localhost:80", 80, ("localhost", 80)])
def test_split_takes_text(wrong):
    with pytest.raises(TypeError):
        split_host_port(wrong)


@pytest.mark.parametrize(
    ("host", "port"), [(None, "80"), (b"a", "80"), ("a", None), ("a", b"80"), ("a", 8.0), ("a", True)]
)
def test_join_takes_text(host, port):
    with pytest.raises(TypeError):
        join_host_port(host, port)
