"""All that operators can have done."""

import attrs

from mfa.application.operations.access import LockDown, ResetAccount, Unlock
from mfa.application.operations.metadata import RefreshMetadata, ShowMetadata
from mfa.application.operations.moving import ImportDevices
from mfa.application.operations.passes import IssuePass
from mfa.application.operations.purge import Purge
from mfa.application.operations.report import ReportMissing, ReportUsers
from mfa.application.operations.rotation import CountSeals
from mfa.application.operations.status import ShowStatus
from mfa.application.operations.trail import ReadTrail


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Operations:
    """The use cases of operators."""

    show_status: ShowStatus
    unlock: Unlock
    reset_account: ResetAccount
    issue_pass: IssuePass
    lock_down: LockDown
    report_users: ReportUsers
    report_missing: ReportMissing
    purge: Purge
    count_seals: CountSeals
    read_trail: ReadTrail
    import_devices: ImportDevices
    show_metadata: ShowMetadata
    refresh_metadata: RefreshMetadata
