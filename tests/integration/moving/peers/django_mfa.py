"""django-mfa: an app whose seed is signed, mail, recovery codes, and a passkey."""

import json
import time
from types import SimpleNamespace

from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.moving import keys
from tests.integration.moving.peers import project

project.start(
    "django_mfa",
    MFA_SECRET_ENCRYPTION_KEYS=["a key for seeds"],
    MFA_FIDO2_RP_ID="example.org",
    MFA_FACTORS=["totp", "recovery_codes", "webauthn", "email"],
)

from django_mfa.adapters.email import EmailAdapter
from django_mfa.adapters.recovery_codes import RecoveryCodesAdapter
from django_mfa.adapters.totp import TOTPAdapter
from django_mfa.adapters.webauthn import WebAuthnAdapter
from django_mfa.totp import TOTP

anna = project.user("anna")
request = SimpleNamespace(user=anna, session={}, META={"REMOTE_ADDR": "127.0.0.1"})

app = TOTPAdapter()
seed = app.begin_enroll(request)["secret_key"]
app.complete_enroll(request, {"secret_key": seed, "code": TOTP(seed).now()})
started = int(time.time())
assert app.complete_verify(request, anna, {"code": TOTP(seed).at(started + 30)})

recovery = RecoveryCodesAdapter()
codes = recovery.generate(anna)
assert recovery.complete_verify(request, anna, {"code": codes[3]})

mail = EmailAdapter()
mail.begin_enroll(request)
mail.complete_enroll(request, {"code": project.code_mailed()})

passkey = SoftwareAuthenticator()
webauthn = WebAuthnAdapter()
options = json.loads(webauthn.begin_enroll(request)["options"])["publicKey"]
webauthn.complete_enroll(request, {"name": "Blue key", "credential": json.dumps(passkey.create(options))})
options = json.loads(webauthn.begin_verify(request, anna)["options"])["publicKey"]
assert webauthn.complete_verify(request, anna, {"credential": json.dumps(passkey.get(options))})

project.tell(
    {
        "time": time.time(),
        "totp": {"seed": seed, "step": (started + 30) // 30},
        "codes": {"used": codes[3], "left": [code for code in codes if code != codes[3]]},
        "passkey": keys.written(passkey),
    }
)
