"""rest-multi-factor with both plugins, which come without a migration: their tables are made from the models."""

import time
from typing import Any

from tests.integration.moving.peers import project

project.start(
    "rest_framework",
    "rest_framework.authtoken",
    "rest_multi_factor",
    "rest_multi_factor.plugins.totp",
    "rest_multi_factor.plugins.hotp",
    MIGRATION_MODULES={"totp": None, "hotp": None},
    REST_MULTI_FACTOR={"TOTP_DIGITS": 8, "HOTP_TOLERANCE": 4},
)

from rest_framework.authtoken.models import Token
from rest_multi_factor.algorithms import HOTPAlgorithm, TOTPAlgorithm
from rest_multi_factor.plugins.hotp.models import HOTPDevice
from rest_multi_factor.plugins.hotp.serializers import HOTPDeviceSerializer
from rest_multi_factor.plugins.totp.models import TOTPDevice
from rest_multi_factor.plugins.totp.serializers import TOTPDeviceSerializer


def registered(serializer: Any, user: Any) -> Any:
    """Return the device that the registration makes."""
    made = serializer(data={})
    made.is_valid(raise_exception=True)
    return made.save(user=user)


def confirm(device: Any, value: int) -> None:
    token = Token.objects.get_or_create(user=device.user)[0]
    assert type(device).challenge.objects.create(device=device, token=token).verify(value)


anna, bert = project.user("anna"), project.user("bert")
app = registered(TOTPDeviceSerializer, anna)
confirm(app, TOTPAlgorithm().calculate(app.secret, digits=8))
counting, unused = (registered(HOTPDeviceSerializer, user) for user in (anna, bert))
confirm(counting, HOTPAlgorithm().calculate(counting.secret, 3))

project.tell(
    {
        "time": time.time(),
        "secret_key": project.KEY,
        "totp": TOTPDevice.objects.get(pk=app.pk).authenticator_url,
        "hotp": [HOTPDevice.objects.get(pk=device.pk).authenticator_url for device in (counting, unused)],
    }
)
