"""django-otp with its plugins, and django-two-factor-auth's setup of apps and phones."""

import time
from io import StringIO

from tests.integration.moving.peers import project

project.start(
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_hotp",
    "django_otp.plugins.otp_email",
    "django_otp.plugins.otp_static",
    "two_factor",
    "two_factor.plugins.phonenumber",
    OTP_EMAIL_BODY_TEMPLATE="{{ token }}",
    TWO_FACTOR_SMS_GATEWAY="two_factor.gateways.fake.Fake",
)

from django.core.management import call_command
from django_otp.oath import TOTP, hotp
from django_otp.plugins.otp_email.models import EmailDevice
from django_otp.plugins.otp_hotp.models import HOTPDevice
from django_otp.plugins.otp_static.lib import add_static_token
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex
from two_factor.forms import TOTPDeviceForm
from two_factor.plugins.phonenumber.forms import PhoneNumberForm
from two_factor.plugins.phonenumber.method import SMSMethod

anna = project.user("anna")

# An app, as the setup of django-two-factor-auth makes it; its clock is then found to be ahead, one step at a time.
project.wait_for_time()
form = TOTPDeviceForm(key=random_hex(20), user=anna, data={})
form.data = {"token": f"{TOTP(form.bin_key).token():06}"}
assert form.is_valid(), form.errors
app = form.save()
for ahead in (1, 2, 3):
    shown = TOTP(app.bin_key, drift=ahead).token()
    assert app.verify_token(shown)
used_step = app.last_t

# A token that counts, used twice, the second time after a code was skipped.
counting = HOTPDevice.objects.create(user=anna, name="Key fob", digits=8)
for counter in (0, 2):
    assert counting.verify_token(hotp(counting.bin_key, counter, digits=8))

mail = EmailDevice.objects.create(user=anna, name="Work", email="work@example.com")
mail.generate_challenge()
assert mail.verify_token(project.code_mailed())

phone = PhoneNumberForm(data={"number": "+31612345678"})
assert phone.is_valid(), phone.errors
setup = type("Request", (), {"user": anna})()
SMSMethod().get_device_from_setup_data(setup, {"sms": phone.cleaned_data}, key=random_hex(20)).save()

codes = [add_static_token("anna").token, add_static_token("anna").token]
call_command("addstatictoken", "anna", token="Kept-Safe 07", verbosity=0, stdout=StringIO())
[sheet] = StaticDevice.objects.all()
assert sheet.verify_token(codes[0])

# Another user never finished.
TOTPDevice.objects.create(user=project.user("bert"), confirmed=False)

project.tell(
    {
        "time": time.time(),
        "totp": {"seed": app.key, "step": used_step},
        "hotp": {"seed": counting.key},
        "codes": {"used": codes[0], "left": [codes[1], "Kept-Safe 07"]},
    }
)
