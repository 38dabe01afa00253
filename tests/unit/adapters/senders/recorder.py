"""A sender that a queue's worker makes by its dotted path, and that a test looks at and makes fail."""

from typing import ClassVar

from django.utils import translation

from mfa.application.ports.delivery import Message, Notice, NoticeSender, Sender

RECORDER = f"{__name__}.Recorder"


class Recorder(Sender, NoticeSender):
    messages: ClassVar[list[Message]] = []
    notices: ClassVar[list[Notice]] = []
    languages: ClassVar[list[str | None]] = []
    failures: ClassVar[list[Exception]] = []
    tries: ClassVar[int] = 0

    def send(self, message: Message) -> None:
        Recorder.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        self.messages.append(message)
        self.languages.append(translation.get_language())

    def send_notice(self, notice: Notice) -> None:
        Recorder.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        self.notices.append(notice)

    @classmethod
    def reset(cls) -> None:
        cls.notices.clear()
        cls.messages.clear()
        cls.languages.clear()
        cls.failures.clear()
        cls.tries = 0
