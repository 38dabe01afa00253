from django.contrib.auth.backends import BaseBackend


class Nobody(BaseBackend):
    """Knows no user."""
