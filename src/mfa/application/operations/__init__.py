"""What operators do for users and for the deployment: each says who acts and why, and stands in the audit trail.

Commands and the admin only call these, and so may a script (``accessor.use_cases().operations``).
"""

from mfa.application.operations.access import LockDown, LockedDown, Reset, ResetAccount, Unlock
from mfa.application.operations.metadata import Refreshed, RefreshMetadata, ShowMetadata
from mfa.application.operations.moving import Import, ImportDevices, ImportedRow, ImportedUser
from mfa.application.operations.operator import Operator
from mfa.application.operations.passes import IssuedPass, IssuePass, PassWanted
from mfa.application.operations.purge import Purge
from mfa.application.operations.report import ReportMissing, ReportUsers
from mfa.application.operations.rotation import CountSeals, RotateKeys, SealedUnder
from mfa.application.operations.status import AccountStatus, ShowStatus
from mfa.application.operations.trail import ReadTrail, TrailWanted
from mfa.application.operations.use_cases import Operations
from mfa.application.ports.reports import Report

__all__ = [
    "AccountStatus",
    "CountSeals",
    "Import",
    "ImportDevices",
    "ImportedRow",
    "ImportedUser",
    "IssuePass",
    "IssuedPass",
    "LockDown",
    "LockedDown",
    "Operations",
    "Operator",
    "PassWanted",
    "Purge",
    "ReadTrail",
    "RefreshMetadata",
    "Refreshed",
    "Report",
    "ReportMissing",
    "ReportUsers",
    "Reset",
    "ResetAccount",
    "RotateKeys",
    "SealedUnder",
    "ShowMetadata",
    "ShowStatus",
    "TrailWanted",
    "Unlock",
]
