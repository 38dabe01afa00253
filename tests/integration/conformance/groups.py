"""All groups, in the order of the list."""

from tests.integration.conformance import authentication, metadata, registration, statements

GROUPS = (*registration.GROUPS, *statements.GROUPS, *authentication.GROUPS, *metadata.GROUPS)
