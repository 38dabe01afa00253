"""From where requests come: what proxies say that can be believed, and nothing that is no address."""

import pytest
from django.test import RequestFactory

from mfa.adapters.django.clients import MOST_USER_AGENT_CHARACTERS, RequestClientAddress
from mfa.application.ports.audit import NOWHERE

PEER = "198.51.100.7"


def address(forwarded: str | None = None, *, peer: str = PEER, proxies: int = 0) -> str | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
    return RequestClientAddress(trusted_proxies=proxies).client_of(request).address


def test_without_proxies_it_is_the_peers_whatever_is_said() -> None:
    assert address() == PEER
    assert address("203.0.113.1") == PEER


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ("203.0.113.1", 1, "203.0.113.1"),
        ("6.6.6.6, 203.0.113.1", 1, "203.0.113.1"),
        ("6.6.6.6, 203.0.113.1, 192.0.2.2", 2, "203.0.113.1"),
        ("6.6.6.6 ,203.0.113.1,192.0.2.2", 2, "203.0.113.1"),
        ("203.0.113.1, 192.0.2.2, 192.0.2.3", 3, "203.0.113.1"),
        ("2001:DB8:0::1", 1, "2001:db8::1"),
    ],
)
def test_behind_proxies_entries_are_counted_from_the_right(forwarded: str, proxies: int, expected: str) -> None:
    assert address(forwarded, proxies=proxies) == expected


@pytest.mark.parametrize("forwarded", [None, "", " ", ",", " , ", "203.0.113.1", "203.0.113.1,", ",203.0.113.1"])
def test_with_fewer_entries_it_is_the_peers(forwarded: str | None) -> None:
    assert address(forwarded, proxies=2) == PEER


def test_an_empty_entry_moves_no_other() -> None:
    assert address("6.6.6.6,,203.0.113.1,, 192.0.2.2,", proxies=2) == "203.0.113.1"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("203.0.113.1:4711", "203.0.113.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("[::ffff:203.0.113.1]:80", "203.0.113.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::1%<script>" + "x" * 1000, "fe80::1"),
    ],
)
def test_an_address_has_one_form(said: str, expected: str) -> None:
    assert address(said, proxies=1) == expected
    assert address(peer=said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "unknown",
        "_hidden",
        "localhost",
        "203.0.113.1:port",
        "203.0.113.1:123456",
        "203.0.113.1:80:80",
        "203.0.113.01",
        "203.0.113",
        "3405803777",
        "203.0.113.1/24",
        "[203.0.113.1",
        "2001:db8::1]",
        "[2001:db8::1]80",
        "<script>",
        "'; DROP TABLE",
        "203.0.113.1\x00",
        "٢٠٣.0.113.1",
        "1" * 5000,
    ],
)
def test_what_is_no_address_is_never_kept(said: str) -> None:
    assert address(said, proxies=1) is None
    assert address(peer=said) is None


def test_a_server_on_a_socket_knows_no_peer() -> None:
    assert address(peer="") is None
    assert address("203.0.113.1", peer="", proxies=1) == "203.0.113.1"


def test_a_browser_is_cut_to_what_is_kept_of_it() -> None:
    def agent(said: str) -> str:
        request = RequestFactory().get("/", headers={"User-Agent": said})
        return RequestClientAddress().client_of(request).user_agent

    assert agent("Mozilla/5.0") == "Mozilla/5.0"
    assert agent("x" * 9000) == "x" * MOST_USER_AGENT_CHARACTERS
    assert agent("a\x00b\x1b[2J\nc\u202ed\ud800") == "ab[2Jcd"


def test_what_is_no_request_comes_from_nowhere() -> None:
    assert RequestClientAddress(trusted_proxies=1).client_of(None) == NOWHERE
