"""People with a browser: whatever they want, they ask for by HTTP."""

from typing import Any

import attrs
import requests

PATIENCE = 60  # seconds


class Browser:
    """A token, and what is done with it."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.headers = {"Authorization": f"Token {key}"}

    def ask(self, verb: str, path: str, body: object = None, **headers: str) -> requests.Response:
        answer = requests.request(
            verb, f"{self.url}/{path}", json=body, headers={**self.headers, **headers}, timeout=PATIENCE
        )
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        if path.startswith("multi-factor/"):
            assert answer.headers["Cache-Control"] == "no-store"
        return answer

    def mfa(self, verb: str, path: str = "", body: object = None) -> requests.Response:
        return self.ask(verb, f"multi-factor/{path}", body)

    def gate(self) -> int:
        """The status of the route that only a verified token opens."""
        return self.ask("get", "protected/").status_code

    def status(self) -> Any:  # noqa: ANN401 - JSON
        answer = self.mfa("get", "status/")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def register(self, method: str, **fields: str) -> Any:  # noqa: ANN401 - JSON
        answer = self.mfa("post", f"register/{method}/", fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def dispatch(self, index: int) -> requests.Response:
        return self.mfa("post", f"{index}/dispatch/")

    def verify(self, index: int, value: str) -> requests.Response:
        return self.mfa("post", f"{index}/", {"value": value})

    def prove(self, index: int, value: str) -> int:
        """Give a value that has to be right, and return how many devices are still to be confirmed."""
        answer = self.verify(index, value)
        assert answer.status_code == 200, answer.text
        assert answer.json()["device"]["confirmed"]
        assert answer.json()["device"]["active"]
        left: int = answer.json()["verifications-left"]
        return left

    def log_out(self) -> None:
        assert self.ask("post", "logout/").status_code == 204


@attrs.frozen(kw_only=True)
class Person:
    url: str
    username: str
    email: str
    password: str

    def log_in(self, path: str = "login/") -> Browser:
        answer = requests.post(
            f"{self.url}/{path}", json={"username": self.username, "password": self.password}, timeout=PATIENCE
        )
        assert answer.status_code == 200, answer.text
        return Browser(self.url, answer.json()["token"])


def is_refused(answer: requests.Response) -> bool:
    """Whether a value was refused, in the one way in which every value is."""
    return (
        answer.status_code == 401
        and answer.json() == {"detail": "This value is not valid.", "code": "invalid_value"}
        and answer.headers["WWW-Authenticate"] == 'JSON realm="multi factor verification"'
    )


def wait(answer: requests.Response) -> int:
    """How many seconds a throttled request is told to wait."""
    assert answer.status_code == 429, answer.text
    assert answer.json()["code"] in {"throttled", "resend_too_soon"}
    seconds = answer.headers["Retry-After"]
    assert seconds.isascii()
    assert seconds.isdigit()
    return int(seconds)


def another(code: str) -> str:
    """A value that looks like a code, and is not that one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"
