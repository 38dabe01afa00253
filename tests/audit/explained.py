"""What an audit finds that is right as it is, each with its reason.

What explains nothing any more fails the audit, and so does what would explain more than it was written for.
"""

from collections.abc import Sequence
from fnmatch import fnmatch
from typing import NamedTuple


class Finding(NamedTuple):
    """What a tool says of a line."""

    tool: str
    rule: str
    path: str
    line: int
    text: str


class Explanation(NamedTuple):
    """Why findings of a rule are none: those in files of this name (``*`` for anything) whose line has the text.

    ``most`` is how many there may be: who writes one more looks at it, and counts it here.
    """

    rule: str
    path: str
    text: str
    reason: str
    most: int = 1

    def explains(self, finding: Finding) -> bool:
        named = finding.rule == self.rule and fnmatch(finding.path, self.path)
        return named and self.text in finding.text


def unexplained(findings: Sequence[Finding], explanations: Sequence[Explanation]) -> list[str]:
    """Say of each finding that nothing explains what it is, and of each explanation that it has too many or none."""
    left = [each for each in findings if not any(one.explains(each) for one in explanations)]
    told = [f"{each.path}:{each.line}: {each.rule} ({each.tool}): {each.text.strip()}" for each in left]
    for one in explanations:
        there = sum(one.explains(each) for each in findings)
        if there > one.most:
            told.append(f"explains {one.most}, of which there are {there}: {one.rule} in {one.path}")
        elif not there:
            told.append(f"explains nothing any more: {one.rule} in {one.path}")
    return told


MADE_UP = "made up, and opens nothing"
NAMES = "a name or a word, and no password"
EXAMPLE = "an example of the specification, or of a published protocol"

EXPLAINED = (
    # The project's own rules
    Explanation("no-secret-in-a-repr", "src/mfa/adapters/answers.py", "code: str", "the code of an error"),
    Explanation(
        "no-secret-in-a-repr",
        "src/mfa/domain/challenges.py",
        "digest: str",
        "of options that are used up, so of no use",
    ),
    Explanation(
        "secrets-are-compared-in-one-place",
        "src/mfa/adapters/webauthn/statements.py",
        ".digest()",
        "a hash of what the client has sent, with what it says the hash is",
    ),
    Explanation(
        "texts-are-escaped", "src/mfa/pages/devices.py", "mark_safe(scaled)", "a QR code that the site has drawn itself"
    ),
    # Bandit
    Explanation(
        "B101",
        "src/mfa/testing/*",
        "assert",
        "suites and fakes for tests, in which an assertion is the point",
        257,
    ),
    Explanation("B105", "src/mfa/adapters/answers.py", "TOKEN_REQUIRED", NAMES),
    Explanation("B105", "src/mfa/adapters/django/checks.py", "Serializer", NAMES, 2),
    Explanation("B105", "src/mfa/adapters/tokens/session.py", "None", NAMES),
    Explanation("B105", "src/mfa/domain/methods/recovery.py", "pass", NAMES),
    Explanation("B308", "src/mfa/pages/devices.py", "mark_safe(scaled)", "a QR code that the site has drawn itself"),
    Explanation("B703", "src/mfa/pages/devices.py", "mark_safe(scaled)", "the same"),
    Explanation("B310", "src/mfa/adapters/webauthn/blobs.py", "urlopen", "an address of this package, or of a test"),
    # Secrets: whatever is called a password or a key where nothing real can be; what has the form of one, by its place
    *(
        Explanation("Secret Keyword", f"{folder}/*", "", MADE_UP, most)
        for folder, most in (("benchmarks", 3), ("demo", 1), ("docs", 4), ("examples", 10), ("tests", 39))
    ),
    Explanation("Secret Keyword", "pyproject.toml", "Not for secrets", "a sentence of a rule"),
    Explanation(
        "Hex High Entropy String",
        "src/mfa/domain/methods/webauthn.py",
        "",
        "the generator of P-256, which is public",
        2,
    ),
    Explanation("Hex High Entropy String", "tests/data/webauthn-l3-section16.json", "", EXAMPLE, 97),
    Explanation("Hex High Entropy String", "tests/unit/adapters/system/test_vault.py", "", MADE_UP),
    *(
        Explanation("Base64 High Entropy String", path, "", MADE_UP)
        for path in (
            "tests/integration/django/test_checks.py",
            "tests/integration/moving/cipher.py",
            "tests/integration/openapi/client/totp.ts",
            "tests/unit/adapters/test_cookies.py",
            "tests/unit/domain/test_webauthn.py",
            "tests/unit/test_config.py",
        )
    ),
    Explanation("Base64 High Entropy String", "tests/unit/domain/test_states.py", "", MADE_UP, 2),
    Explanation("Basic Auth Credentials", "tests/unit/test_config.py", "", MADE_UP),
    Explanation("Twilio API Key", "tests/integration/*", "", MADE_UP, 2),
)
