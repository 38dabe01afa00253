import gc

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
# What stays to the end is never looked through again, which at the end of each process would take a second.
gc.freeze()
