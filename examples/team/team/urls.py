"""The routes of the project."""

from django.urls import include, path

from mfa.adapters.tokens.session import LoginView
from team.views import AppLogin, Expenses, Payout

urlpatterns = [
    path("multi-factor/", include("mfa.urls")),
    path("app/login/", AppLogin.as_view()),
    path("site/login/", LoginView.as_view()),
    path("expenses/", Expenses.as_view()),
    path("expenses/<int:pk>/payout/", Payout.as_view()),
]
