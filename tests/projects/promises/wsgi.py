"""The project as a server has it: made before its workers are forked, so that one that was killed is soon replaced."""

import gc

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from mfa.adapters import accessor

application = get_wsgi_application()
# What the first request would make; no connection is among it, for each worker needs its own.
assert get_resolver().url_patterns
assert accessor.use_cases() is not None
# What stays to the end is never looked through again, which at the end of each process would take a second.
gc.freeze()
