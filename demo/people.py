"""Who lives in the demo."""

from django.apps import apps
from django.contrib.auth import get_user_model

from demo.models import AppEntry, Message
from demo.walk import PEOPLE, USER
from mfa.testing import enrol


def settle() -> bool:
    """Make the people where there are none, and tell whether an earlier run has left devices of the first."""
    users = get_user_model().objects
    if not users.filter(username=USER).exists():
        made = {name: users.create_user(name, f"{name}@example.com", name) for name, _ in PEOPLE}
        users.filter(username="chief").update(is_staff=True, is_superuser=True)
        # By the kit for tests, which skips what is shown to people: nothing is sent, and no code is spent.
        for name in ("anna", "chief"):
            app = enrol(made[name], "totp", name=f"App of {name}")
            AppEntry.objects.create(name=app.device.name, secret=app.shown["secret"])
        enrol(made["anna"], "email", name="Mail")
        enrol(made["anna"], "sms", name="Texts")
        codes = enrol(made["anna"], "recovery").shown["codes"]
        Message.objects.create(to="anna", subject="Recovery codes, on paper", text="\n".join(codes))
    devices = apps.get_model("multi_factor", "DeviceRecord").objects
    return devices.filter(account__user__username=USER, activated_at__isnull=False).exists()
