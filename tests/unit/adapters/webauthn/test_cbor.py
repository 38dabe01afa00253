import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.adapters.webauthn import cbor
from mfa.application.ports.webauthn import Unreadable
from mfa.testing.authenticator import cbor as encode
from mfa.testing.authenticator import head

ITEMS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.integers(-300, 300) | st.text(), inner),
    max_leaves=10,
)


def depth(item: object) -> int:
    if isinstance(item, dict):
        return 1 + max(map(depth, item.values()), default=0)
    return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0


@given(ITEMS.filter(lambda item: depth(item) <= cbor.MOST_DEPTH))
def test_an_item_is_read_as_it_was_written(item: object) -> None:
    data = encode(item)

    assert cbor.read(data) == item
    assert type(cbor.read(data)) is type(item)
    assert cbor.measure(data) == len(data)


@given(ITEMS.filter(lambda item: depth(item) <= cbor.MOST_DEPTH), st.binary(min_size=1))
def test_what_follows_an_item_is_not_part_of_it(item: object, rest: bytes) -> None:
    data = encode(item)

    assert cbor.measure(data + rest) == len(data)
    with pytest.raises(Unreadable):
        cbor.read(data + rest)


@given(ITEMS.filter(lambda item: depth(item) <= cbor.MOST_DEPTH), st.data())
def test_an_item_that_ends_too_early_is_none(item: object, data: st.DataObject) -> None:
    written = encode(item)
    cut = written[: data.draw(st.integers(0, len(written) - 1))]

    for read in (cbor.read, cbor.measure):
        with pytest.raises(Unreadable):
            read(cut)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_there_is_one_error(data: bytes) -> None:
    for read in (cbor.read, cbor.measure):
        try:
            read(data)
        except Unreadable:
            continue


@pytest.mark.parametrize(
    "written",
    [
        "1f",  # indefinite lengths
        "3f",
        "5f4100ff",
        "7f6161ff",
        "9fff",
        "bfff",
        "ff",
        "1c",  # reserved
        "5d",
        "1c" + "00" * 16,
        "1f" + "00" * 128,
        "c000",  # tags
        "c24101",
        "d9d9f700",
        "f0",  # simple values without a meaning here, and floats
        "f7",
        "f818",
        "f93c00",
        "fa00000000",
        "fb0000000000000000",
        "61ff",  # no UTF-8
        "a2010101",  # a map that ends too early
        "a201010101",  # a key twice
        "a2616100616100",
        "a1410000",  # keys of other kinds
        "a18000",
        "a1a000",
        "a1f500",
        "a1f600",
        "a0a0",  # two items
        "",
    ],
)
def test_what_authenticators_do_not_write(written: str) -> None:
    with pytest.raises(Unreadable):
        cbor.read(bytes.fromhex(written))


def test_a_map_may_come_in_any_order() -> None:
    assert cbor.read(bytes.fromhex("a2616200616100")) == {"b": 0, "a": 0}


@pytest.mark.parametrize(("size", "most"), [(1, 23), (2, 2**8 - 1), (4, 2**16 - 1), (8, 2**32 - 1)])
@pytest.mark.parametrize("major", range(6))
def test_a_number_or_a_length_is_as_short_as_it_can_be(major: int, size: int, most: int) -> None:
    extra = 24 + size.bit_length() - 1
    for number in (0, 1, most):
        with pytest.raises(Unreadable):
            cbor.measure(bytes([major << 5 | extra]) + number.to_bytes(size) + bytes(2 * most if most < 2**16 else 0))

    if major < 2:
        assert cbor.read(bytes([major << 5 | extra]) + (most + 1).to_bytes(size)) == (most + 1, -2 - most)[major]


@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\x00"])
def test_nesting_ends(opening: bytes) -> None:
    assert cbor.measure(opening * cbor.MOST_DEPTH + b"\0")
    for levels in (cbor.MOST_DEPTH + 1, 100_000):
        with pytest.raises(Unreadable):
            cbor.measure(opening * levels + b"\0")


@pytest.mark.parametrize("major", [2, 3, 4, 5])
def test_a_length_beyond_the_end_is_found_out_at_once(major: int) -> None:
    with pytest.raises(Unreadable):
        cbor.read(head(major, 2**64 - 1) + b"\0")


def test_the_time_grows_with_the_length() -> None:
    def took(items: int) -> float:
        document = encode([0] * items)
        times = []
        for _ in range(3):
            started = time.process_time()
            cbor.read(document)
            times.append(time.process_time() - started)
        return min(times)

    assert took(64_000) < 32 * took(8_000)  # eight times as long, where it grew with the square 64 times
