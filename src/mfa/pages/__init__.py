"""Pages for people, in Django's own views and templates: ``"mfa.pages"`` in ``INSTALLED_APPS``, for sessions."""
