"""The routes of a project that has none, unless a test puts some here."""

urlpatterns: list[object] = []
