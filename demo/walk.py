"""What there is to try: where to look in a browser, and what to copy into another terminal, line by line."""

HOST = "127.0.0.1"
PAGE_HOST = "localhost"
"""Passkeys are bound to a domain, and an address is none."""

PEOPLE = (
    ("demo", "Has no second factor yet."),
    ("anna", "Has an app, mail, text messages and recovery codes."),
    ("chief", "Has an app, and is staff, so the admin is open."),
)
"""Who lives here, each with the name for a password."""

USER = PASSWORD = PEOPLE[0][0]

PLACES = """
In a browser, open http://{page}:{port}/
  People: {people}. The name is the password.
  Codes:  mails, text messages and an authenticator app are at /phone/.
  API:    by the lines above from a terminal, or in the browser at /console/.

It begins afresh each time; KEEP=1 keeps the devices of the last. Ctrl-C ends it.
"""

LOGIN = """
Log in, by password alone:

    URL=http://{host}:{port}
    TOKEN=$(curl -s "$URL/login/" -d username={user} -d password={password} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
    AUTH="Authorization: Token $TOKEN"

The protected route does not open for that, and answers 403:

    curl -s -w ' %{http_code}\\n' "$URL/protected/" -H "$AUTH"
"""

REGISTER = """
Register an authenticator app. The answer has an otpauth address, a QR code of it, and the secret:

    DEVICE=$(curl -s -X POST "$URL/multi-factor/register/totp/" -H "$AUTH" -d name=Phone)
    SECRET=$(echo "$DEVICE" | sed 's/.*"secret":"\\([^"]*\\)".*/\\1/')
    INDEX=$(echo "$DEVICE" | sed 's/.*"index":\\([0-9]*\\).*/\\1/')
    echo "device $INDEX has the secret $SECRET"

Prove it by the code that the app would show now (without oathtool: CODE=$(make -s code SECRET="$SECRET")):

    CODE=$(oathtool --totp -b "$SECRET")
    curl -s -w ' %{http_code}\\n' "$URL/multi-factor/$INDEX/" -H "$AUTH" -d "value=$CODE"
"""

ENROLLED = """
An earlier run has left devices. This lists them; to begin anew, end the demo and start it without KEEP=1.

    curl -s -w ' %{http_code}\\n' "$URL/multi-factor/" -H "$AUTH"

Prove one of them by its index and its code:

    INDEX=0
    CODE=123456
    curl -s -w ' %{http_code}\\n' "$URL/multi-factor/$INDEX/" -H "$AUTH" -d "value=$CODE"
"""

PROTECTED = """
Now the same route answers 200:

    curl -s -w ' %{http_code}\\n' "$URL/protected/" -H "$AUTH"
    curl -s -w ' %{http_code}\\n' "$URL/multi-factor/status/" -H "$AUTH"

A transfer wants a verification of the last minute: 200 now, 403 later, until you verify again:

    curl -s -w ' %{http_code}\\n' -X POST "$URL/transfer/" -H "$AUTH"

The same code does not work again, and answers 401:

    curl -s -w ' %{http_code}\\n' "$URL/multi-factor/$INDEX/" -H "$AUTH" -d "value=$CODE"
"""

EMAIL = """
Register mail as a second device, and have a code sent, which comes to the demo's phone:

    DEVICE=$(curl -s -X POST "$URL/multi-factor/register/email/" -H "$AUTH")
    INDEX=$(echo "$DEVICE" | sed 's/.*"index":\\([0-9]*\\).*/\\1/')
    curl -s -w ' %{http_code}\\n' -X POST "$URL/multi-factor/$INDEX/dispatch/" -H "$AUTH"

Prove it by that code:

    CODE=$(curl -s "$URL/phone/code/")
    curl -s -w ' %{http_code}\\n' "$URL/multi-factor/$INDEX/" -H "$AUTH" -d "value=$CODE"

What else can be registered:

    curl -s -w ' %{http_code}\\n' "$URL/multi-factor/register/" -H "$AUTH"
"""


def walk(port: int, *, enrolled: bool = False) -> str:
    """Return what to type at a port; ``enrolled`` where the user has devices already."""
    return _filled(LOGIN + (ENROLLED if enrolled else REGISTER) + PROTECTED + EMAIL, port)


def places(port: int) -> str:
    """Return where to look at a port."""
    return _filled(PLACES, port)


def _filled(text: str, port: int) -> str:
    people = ", ".join(name for name, _ in PEOPLE)
    given = {"host": HOST, "page": PAGE_HOST, "port": str(port), "user": USER, "password": PASSWORD, "people": people}
    for name, value in given.items():
        text = text.replace(f"{{{name}}}", value)
    return text
