"""What an authenticator shows, by a program that has nothing to do with this package."""

import subprocess

import attrs


@attrs.frozen
class Oathtool:
    path: str

    def totp(self, secret: str, *, ahead: int = 0) -> str:
        """The value of now, or of a later step."""
        return self._run("--totp", "--window", str(ahead), secret=secret)[-1]

    def hotp(self, secret: str, counter: int) -> str:
        [value] = self._run("--hotp", "--counter", str(counter), secret=secret)
        return value

    def wrong(self, secret: str) -> str:
        """A value that an authenticator shows neither soon nor lately, and at no early counter."""
        right = {
            *self._run("--totp", "--now", "2 minutes ago", "--window", "8", secret=secret),
            *self._run("--hotp", "--counter", "0", "--window", "20", secret=secret),
        }
        return next(value for value in map("{:06}".format, range(100)) if value not in right)

    def _run(self, *arguments: str, secret: str) -> list[str]:
        command = [self.path, *arguments, "--base32", secret]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
        return done.stdout.split()
