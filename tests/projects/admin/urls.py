from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.urls import include, path

from mfa.adapters.django.admin import MultiFactorUserMixin, VerifiedAdminSite, register


class PeopleAdmin(MultiFactorUserMixin, UserAdmin):  # type: ignore[type-arg] # at run time it takes no parameters
    """The project's own admin of users."""


verified = VerifiedAdminSite()
plain = AdminSite(name="plain")
for site in (verified, plain):
    register(site)
    site.register(get_user_model(), PeopleAdmin)

bare = AdminSite(name="bare")
bare.register(get_user_model(), PeopleAdmin)

urlpatterns = [
    path("admin/", verified.urls),
    path("plain/", plain.urls),
    path("bare/", bare.urls),
    path("multi-factor/", include("mfa.urls")),
]
