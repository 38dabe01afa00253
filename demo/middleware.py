"""What holds for every page of the demo in a browser."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from demo.walk import HOST, PAGE_HOST

Answerer = Callable[[HttpRequest], HttpResponse]

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
"""Nothing but what this site serves, and nothing that is written into a page (Content Security Policy Level 3)."""


def browsers(get_response: Answerer) -> Answerer:
    """Send a browser to where passkeys work, and tell it what a page may do."""

    def answered(request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and takes_pages(request) and request.get_host().startswith(HOST):
            return HttpResponseRedirect(request.build_absolute_uri().replace(HOST, PAGE_HOST, 1))
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return answered


def takes_pages(request: HttpRequest) -> bool:
    """Tell a browser from a program, such as curl, which takes anything."""
    return "text/html" in request.headers.get("Accept", "")
