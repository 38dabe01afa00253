"""What operators do for users and for the deployment: each says who acts and why, and stands in the audit trail.

Commands and the admin only call these, and so may a script (``accessor.use_cases().operations``). What they give, and
are given back, is handed on here.
"""

from mfa.application.operations.access import IssuedPass, PassWanted, Reset
from mfa.application.operations.moving import Import, ImportedRow, ImportedUser
from mfa.application.operations.operator import Operator
from mfa.application.operations.status import AccountStatus
from mfa.application.operations.trail import TrailWanted
from mfa.application.operations.upkeep import SealedUnder

__all__ = [
    "AccountStatus",
    "Import",
    "ImportedRow",
    "ImportedUser",
    "IssuedPass",
    "Operator",
    "PassWanted",
    "Reset",
    "SealedUnder",
    "TrailWanted",
]
