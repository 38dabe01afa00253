"""The routes of the pages: ``path("security/", include("mfa.pages.urls"))`` wherever a project likes."""

from django.urls import path

from mfa.adapters.django.not_me import not_me_view
from mfa.pages.activity import activity
from mfa.pages.browsers import browsers
from mfa.pages.devices import add, devices, recovery, register, remove, rename
from mfa.pages.passkeys import icon, passkey
from mfa.pages.verifying import confirm, dispatch, verify

app_name = "mfa_pages"

urlpatterns = [
    path("", devices, name="devices"),
    path("verify/", verify, name="verify"),
    path("add/", add, name="add"),
    path("add/<method>/", register, name="register"),
    path("passkey/", passkey, name="passkey"),
    path("recovery/", recovery, name="recovery"),
    path("activity/", activity, name="activity"),
    path("browsers/", browsers, name="browsers"),
    path("not-me/<token>/", not_me_view("mfa/pages/not_me.html"), name="not_me"),
    path("<int:index>/confirm/", confirm, name="confirm"),
    path("<int:index>/dispatch/", dispatch, name="dispatch"),
    path("<int:index>/icon/", icon, name="icon"),
    path("<int:index>/rename/", rename, name="rename"),
    path("<int:index>/remove/", remove, name="remove"),
]
