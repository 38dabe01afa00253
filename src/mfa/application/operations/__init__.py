"""What operators do for users and for the deployment: each says who acts and why, and stands in the audit trail.

Commands and the admin only call these, and so may a script (``accessor.use_cases().operations``). What they are given,
and what they give back, is handed on here.
"""

from mfa.application.operations.access import IssuedPass, LockedDown, PassWanted, Reset
from mfa.application.operations.metadata import Refreshed
from mfa.application.operations.moving import Import, ImportedRow, ImportedUser
from mfa.application.operations.operator import Operator
from mfa.application.operations.status import AccountStatus
from mfa.application.operations.trail import TrailWanted
from mfa.application.operations.upkeep import SealedUnder
from mfa.application.ports.reports import Report

__all__ = [
    "AccountStatus",
    "Import",
    "ImportedRow",
    "ImportedUser",
    "IssuedPass",
    "LockedDown",
    "Operator",
    "PassWanted",
    "Refreshed",
    "Report",
    "Reset",
    "SealedUnder",
    "TrailWanted",
]
