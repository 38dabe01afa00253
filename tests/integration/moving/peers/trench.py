"""django-trench: an app and mail, each with backup codes; a third method that was switched off again."""

import time
from typing import Any

from tests.integration.moving.peers import project

project.start("rest_framework", "rest_framework.authtoken", "trench")

from pyotp import TOTP
from trench.command.activate_mfa_method import activate_mfa_method_command
from trench.command.create_mfa_method import create_mfa_method_command
from trench.command.deactivate_mfa_method import deactivate_mfa_method_command
from trench.serializers import (
    MFAMethodActivationConfirmationValidator,
    MFAMethodBackupCodesGenerationValidator,
)


def activated(user: Any, name: str) -> tuple[Any, list[str]]:
    """Return the method and its backup codes."""
    method = create_mfa_method_command(user_id=user.pk, name=name)
    project.wait_for_time()
    code = TOTP(method.secret).now()
    MFAMethodActivationConfirmationValidator(name, user, data={"code": code}).is_valid(raise_exception=True)
    return method, sorted(activate_mfa_method_command(user_id=user.pk, name=name, code=code))


anna, bert = project.user("anna"), project.user("bert")
app, codes = activated(anna, "app")
_, mailed = activated(anna, "email")
used = MFAMethodBackupCodesGenerationValidator("app", anna, data={"code": codes[0]})
used.is_valid(raise_exception=True)

activated(bert, "app")
deactivate_mfa_method_command(mfa_method_name="app", user_id=bert.pk)
create_mfa_method_command(user_id=bert.pk, name="email")

project.tell(
    {
        "time": time.time(),
        "totp": app.secret,
        "codes": {"used": codes[0], "left": [*codes[1:], *mailed]},
    }
)
