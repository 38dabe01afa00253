from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.urls import include, path

from mfa.adapters.django.admin import MultiFactorUserMixin, VerifiedAdminSite, register


class PeopleAdmin(MultiFactorUserMixin, UserAdmin):  # type: ignore[type-arg] # at run time it takes no parameters
    """The project's own admin of users."""


class SimpleAdmin(MultiFactorUserMixin, ModelAdmin):  # type: ignore[type-arg] # as above
    """One that says nothing of its fields."""


verified = VerifiedAdminSite()
plain = AdminSite(name="plain")
for site in (verified, plain):
    register(site)
    site.register(get_user_model(), PeopleAdmin)

simple = AdminSite(name="simple")
register(simple)
simple.register(get_user_model(), SimpleAdmin)

bare = AdminSite(name="bare")
bare.register(get_user_model(), PeopleAdmin)

urlpatterns = [
    path("admin/", verified.urls),
    path("plain/", plain.urls),
    path("simple/", simple.urls),
    path("bare/", bare.urls),
    path("multi-factor/", include("mfa.urls")),
]
