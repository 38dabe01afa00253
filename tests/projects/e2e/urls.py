from django.urls import include, path
from knox.views import LogoutView as KnoxLogout

from mfa.adapters.tokens.authtoken import ObtainAuthToken
from tests.projects.e2e.settings import TOKEN_PROVIDER
from tests.projects.e2e.views import AuthtokenLogout, BriefKnoxLogin, KnoxLogin, SignUp
from tests.urls import ProtectedView

LOGINS = {
    "authtoken": [
        path("login/", ObtainAuthToken.as_view()),
        path("logout/", AuthtokenLogout.as_view()),
    ],
    "knox": [
        path("login/", KnoxLogin.as_view()),
        path("login/brief/", BriefKnoxLogin.as_view()),
        path("logout/", KnoxLogout.as_view()),
    ],
}

urlpatterns = [
    *LOGINS[TOKEN_PROVIDER],
    path("users/", SignUp.as_view()),
    path("protected/", ProtectedView.as_view()),
    path("multi-factor/", include("mfa.urls")),
]
