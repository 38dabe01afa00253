import pytest

from mfa.adapters.senders.waiting import timed_out


def chained(*failures: Exception, explicit: bool) -> Exception:
    try:
        try:
            raise failures[0]
        except type(failures[0]) as first:
            if explicit:
                raise failures[1] from first
            raise failures[1]  # noqa: B904 - as smtplib does it
    except type(failures[1]) as last:
        return last


@pytest.mark.parametrize("explicit", [True, False])
def test_a_time_out_is_found_at_the_bottom(explicit: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert timed_out(TimeoutError())
    assert timed_out(chained(TimeoutError(), ValueError(), explicit=explicit))


@pytest.mark.parametrize("explicit", [True, False])
def test_anything_else_is_no_time_out(explicit: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert not timed_out(ConnectionRefusedError())
    assert not timed_out(chained(ConnectionResetError(), ValueError(), explicit=explicit))
