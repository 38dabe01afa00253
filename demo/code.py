"""The code that an authenticator app shows now: ``python -m demo.code SECRET``, for a machine without oathtool."""

import sys

import pyotp

USAGE = "usage: python -m demo.code SECRET, with the secret of the registration"


def main(arguments: list[str]) -> int:
    """Print the code, or why there is none."""
    secret = "".join(arguments).replace(" ", "").rstrip("=")
    if not secret:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        code = pyotp.TOTP(secret).now()
    except ValueError:
        print("That is no secret of a registration: it has the letters A to Z and the digits 2 to 7.", file=sys.stderr)
        return 2
    print(code)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
