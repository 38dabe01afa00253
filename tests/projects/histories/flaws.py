"""Flaws that the project may have; a file says which one it has now, if any."""

from tests.projects.promises.clock import folder

REPOSITORY = "tests.projects.histories.repositories.FlawedAccountRepository"

FLAWS = {
    "uncompared": "The account is written whether or not somebody else has written it since it was read",
    "unburned": "What a verdict says to remember of a value is not stored",
    "uncounted": "No wrong value is stored",
    "unbound": "What any token of the user has confirmed counts for each",
    "cached": "A gate that a token has passed remembers so, and asks no more",
    "torn": "The rows of the devices are committed before those of the challenges",
    "reusable": "A sent code that was accepted stays good, and so does the challenge of a key",
    "unreplaced": "A new code does not take the place of the one before",
    "unvoided": "Wrong values do not void a sent code",
    "unexpired": "A sent code is good for ever",
    "unlimited": "What was sent does not hold back the next code",
    "uncapped": "What was sent in the last hour is not counted",
    "undelivered": "A code stays good that could not be delivered, and holds back the next",
    "unspent": "A challenge of a key stays good that a wrong answer was given to",
    "unrisen": "The count of a key's signatures need not rise",
    "weak": "Who has a key changes devices by a code that can be guessed",
    "unforgotten": "A browser that the user has forgotten stays remembered",
    "unrevoked": "The removal of a device leaves browsers remembered",
    "unchanged": "A change of password leaves browsers remembered",
    "trusting": "A lockdown leaves browsers remembered",
    "unended": "A lockdown leaves tokens as they are",
    "enrolling": "After a lockdown, who has no device enrols by a password alone",
    "logged in": "A logout ends nothing",
    "disowned": "A session is nobody's, although nothing has ended it",
    "failing": "A gate fails, although nothing has struck it",
}


def choose(flaw: str) -> None:
    """Sets the flaw of all processes; with none all is well."""
    (folder() / "flaw").write_text(flaw)


def chosen() -> str:
    return (folder() / "flaw").read_text()
