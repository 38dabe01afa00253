"""Two logins, the routes of this package, and the views of two other frameworks; the third has sockets."""

from django.urls import include, path
from strawberry.django.views import GraphQLView

from examples.frameworks.graphql_api import schema
from examples.frameworks.ninja_api import api
from mfa.adapters.tokens.knox import LoginView as TokenLoginView
from mfa.adapters.tokens.session import LoginView

urlpatterns = [
    path("login/", LoginView.as_view()),
    path("login/token/", TokenLoginView.as_view()),
    path("multi-factor/", include("mfa.urls")),
    path("ninja/", api.urls),
    path("graphql/", GraphQLView.as_view(schema=schema)),
]
