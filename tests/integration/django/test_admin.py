import pytest
from pytest_django import Settings
from tests.integration.django.office import *

@pytest.mark.django_db
def test_smoke(settings):
    office = Office(settings)
    anna = office.user("anna")
    Seat(office, anna).enrol()
    chief = Seat(office, office.superuser("chief"))
    r = chief.get(ACCOUNTS); print(r.status_code, text(r))
    chief.enrol()
    for p in (ACCOUNTS, DEVICES, AUDIT, f"{ACCOUNTS}{anna.pk}/change/"):
        r = chief.get(p); print(r.status_code, text(r))
    bert = office.user("bert")
    r = chief.get(f"{ACCOUNTS}{bert.pk}/change/"); print(r.status_code, text(r))
    for a in ("unlock", "reset", "temporary_pass", "lockdown"):
        r = chief.post(a, [anna]); print(r.status_code, text(r))
        r = chief.post(a, [anna], reason=" "); print(r.status_code, text(r))
        r = chief.post(a, [anna], reason=REASON); print(r.status_code, text(r))
        r = chief.post(a, [bert], reason=REASON); print(r.status_code, text(r))
    r = chief.get(ACCOUNTS); print(r.status_code, text(r))
    print(text(chief.get(AUDIT)))
    print(text(chief.get(f"/admin/auth/user/{bert.pk}/change/"))[-900:])
