"""How senders find out that they waited in vain."""


def timed_out(failure: BaseException | None) -> bool:
    """Tell whether a time-out lies at the bottom of a failure.

    Libraries wrap it: ``smtplib`` reports a server that fell silent as one that hung up.
    """
    while failure is not None:
        if isinstance(failure, TimeoutError):
            return True
        failure = failure.__cause__ or failure.__context__
    return False
