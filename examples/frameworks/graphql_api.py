"""GraphQL by strawberry-django: a permission that lets verified sessions pass."""

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.permission import BasePermission
from strawberry.types import Info

from examples.frameworks.gate import refusal


class IsVerified(BasePermission):
    """Passes sessions that are verified; the code of a refusal stands among the extensions of the error."""

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:  # noqa: ANN401 - as in strawberry
        """Tell whether the session may pass; raises ``GraphQLError``."""
        request = info.context.request
        if not request.user.is_authenticated:
            raise GraphQLError("Log in first.", extensions={"code": "not_authenticated"})
        refused = refusal(request)
        if refused is not None:
            raise GraphQLError("Verify with one of your devices first.", extensions={"code": refused.code})
        return True


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field(permission_classes=[IsVerified])
    def payslips(self, info: Info) -> str:
        """Show what only somebody with a second factor sees."""
        name: str = info.context.request.user.get_username()
        return name


schema = strawberry.Schema(Query)
