"""GraphQL by strawberry-django: a permission that lets verified sessions pass."""

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.permission import BasePermission
from strawberry.types import Info

from examples.frameworks.gate import Closed, demand


class IsVerified(BasePermission):
    """Passes sessions that are verified; the body of a refusal stands among the extensions of the error."""

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:  # noqa: ANN401 - as in strawberry
        """Tell whether the session may pass; raises ``GraphQLError``."""
        try:
            demand(info.context.request)
        except Closed as closed:
            body = dict(closed.answer.body)
            raise GraphQLError(str(body["detail"]), extensions=body) from None
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
