"""What a deployment can do: every use case, named once, and made from the adapters by one function."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

import attrs

from mfa.application.activity import ListActivity
from mfa.application.devices import ListDevices, ListPasskeys, RemoveDevice, RenameDevice
from mfa.application.dispatching import DispatchChallenge, VoidChallenge
from mfa.application.login import BeginPasskeyLogin, LogInByPasskey
from mfa.application.operations.access import IssuePass, LockDown, ResetAccount, Unlock
from mfa.application.operations.metadata import RefreshMetadata, ShowMetadata
from mfa.application.operations.moving import ImportDevices
from mfa.application.operations.status import ReportMissing, ReportUsers, ShowStatus
from mfa.application.operations.trail import ReadTrail
from mfa.application.operations.upkeep import CountSeals, Purge, RotateKeys
from mfa.application.ports.audit import AuditTrail, ClientAddress
from mfa.application.ports.delivery import Sender
from mfa.application.ports.importing import SourceMaker, UserFinder
from mfa.application.ports.notifying import Notifier
from mfa.application.ports.purging import ExpiredRows
from mfa.application.ports.reports import AccountReports
from mfa.application.ports.repositories import AccountJoin, AccountRepository, Holders
from mfa.application.ports.system import Clock, Entropy, KeyRotations, Vault
from mfa.application.ports.tokens import CredentialRenewer, StandingRecorder, TokenIssuer, TokenProvider, ender_of
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.application.ports.users import UserDirectory
from mfa.application.registration import RegisterDevice
from mfa.application.standing import AssessToken
from mfa.application.transactions import Transactions
from mfa.application.trusts import FollowRehash, ListTrusts, RevokeTrust, TrustBrowser
from mfa.application.verification import VerifyChallenge
from mfa.domain.methods.base import Methods
from mfa.domain.methods.security_keys import SecurityKeys
from mfa.domain.policies import Requirement
from mfa.domain.rules import Rules


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


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class UseCases:
    """The use cases of a deployment, and what adapters have to know of it."""

    register_device: RegisterDevice
    dispatch_challenge: DispatchChallenge
    void_challenge: VoidChallenge
    verify_challenge: VerifyChallenge
    assess_token: AssessToken
    list_devices: ListDevices
    rename_device: RenameDevice
    remove_device: RemoveDevice
    trust_browser: TrustBrowser
    list_trusts: ListTrusts
    revoke_trust: RevokeTrust
    follow_rehash: FollowRehash
    rotate_keys: RotateKeys
    list_activity: ListActivity
    operations: Operations
    list_passkeys: ListPasskeys | None
    """None where there are no passkeys."""

    begin_passkey_login: BeginPasskeyLogin | None
    log_in_by_passkey: LogInByPasskey | None
    """None, as the one before, where a passkey alone does not log in."""

    methods: Methods
    vault: Vault
    """Seals what leaves the process, such as a message in a queue."""

    client_address: ClientAddress
    token_provider: TokenProvider
    standing_recorder: StandingRecorder | None
    """The token provider, where its tokens tell themselves how they stand."""

    credential_renewer: CredentialRenewer | None
    """The token provider, where it renews credentials."""

    account_join: AccountJoin | None
    """Who reads accounts along with tokens; None where accounts are kept elsewhere."""

    requirements: Mapping[str, Requirement]
    """By the names that the settings give them."""

    remembers_browsers: bool
    trust_cookie: str | None
    """The name of the cookie in which remembered browsers keep their tokens; None where clients keep them."""

    step_up_status: int
    issuer: str
    """What the site calls itself; empty where it says nothing."""

    verify_url: str | None
    """Where a browser is led that has to verify: a path, or the name of a page; None: nowhere."""

    relying_party_id: str | None
    """The domain that passkeys are bound to."""

    related_origins: tuple[str, ...]
    """Pages of other domains that may use them."""

    passkey_enroll_url: str | None
    passkey_manage_url: str | None
    """Where people create passkeys and look after them, where the settings say so."""

    @property
    def passkey_login(self) -> bool:
        """Tell whether a passkey alone logs in."""
        return self.log_in_by_passkey is not None


def make_use_cases(  # noqa: PLR0913 - all that the core needs of the world
    *,
    rules: Rules,
    clock: Clock,
    entropy: Entropy,
    vault: Vault,
    rotations: KeyRotations | None,
    senders: Mapping[str, Sender],
    users: UserDirectory,
    accounts: AccountRepository,
    holders: Holders,
    unit_of_work: UnitOfWork,
    token_provider: TokenProvider,
    audit: AuditTrail,
    audit_retention: timedelta,
    client_address: ClientAddress,
    user_finder: UserFinder,
    source_maker: SourceMaker,
    notifier: Notifier | None,
    reports: AccountReports,
    expired_rows: ExpiredRows,
    passkeys: SecurityKeys | None,
    token_issuer: TokenIssuer | None,
    step_up_status: int,
    requirements: Mapping[str, Requirement] = MappingProxyType({}),
    issuer: str = "",
    verify_url: str | None = None,
    relying_party_id: str | None = None,
    related_origins: tuple[str, ...] = (),
    passkey_enroll_url: str | None = None,
    passkey_manage_url: str | None = None,
    trust_cookie: str | None = None,
) -> UseCases:
    """Make the use cases; a login by passkey where there are ``passkeys``, and who makes tokens for it."""
    transactions = Transactions(
        unit_of_work=unit_of_work, clock=clock, users=users, vault=vault, rules=rules, notifier=notifier
    )
    metadata = None if passkeys is None else passkeys.relying_party.metadata
    begin_passkey_login = log_in_by_passkey = None
    if passkeys is not None and token_issuer is not None:
        begin_passkey_login = BeginPasskeyLogin(passkeys=passkeys, vault=vault, clock=clock)
        log_in_by_passkey = LogInByPasskey(
            transactions=transactions, passkeys=passkeys, holders=holders, tokens=token_issuer
        )
    return UseCases(
        register_device=RegisterDevice(transactions=transactions),
        dispatch_challenge=DispatchChallenge(transactions=transactions, senders=senders),
        void_challenge=VoidChallenge(transactions=transactions),
        verify_challenge=VerifyChallenge(transactions=transactions, entropy=entropy),
        assess_token=AssessToken(transactions=transactions),
        list_devices=ListDevices(transactions=transactions),
        rename_device=RenameDevice(transactions=transactions),
        remove_device=RemoveDevice(transactions=transactions),
        trust_browser=TrustBrowser(transactions=transactions),
        list_trusts=ListTrusts(transactions=transactions),
        revoke_trust=RevokeTrust(transactions=transactions),
        follow_rehash=FollowRehash(transactions=transactions),
        list_passkeys=None if passkeys is None else ListPasskeys(transactions=transactions, passkeys=passkeys),
        rotate_keys=RotateKeys(transactions=transactions, accounts=accounts, rotations=rotations),
        list_activity=ListActivity(transactions=transactions, audit=audit),
        operations=Operations(
            show_status=ShowStatus(transactions=transactions, audit=audit),
            unlock=Unlock(transactions=transactions),
            reset_account=ResetAccount(transactions=transactions),
            issue_pass=IssuePass(transactions=transactions),
            lock_down=LockDown(transactions=transactions, ender=ender_of(token_provider)),
            report_users=ReportUsers(reports=reports, rules=rules),
            report_missing=ReportMissing(reports=reports),
            purge=Purge(transactions=transactions, expired=expired_rows, audit_retention=audit_retention),
            count_seals=CountSeals(accounts=accounts, vault=vault),
            read_trail=ReadTrail(transactions=transactions, audit=audit),
            import_devices=ImportDevices(
                transactions=transactions, finder=user_finder, holders=holders, sources=source_maker
            ),
            show_metadata=ShowMetadata(metadata=metadata),
            refresh_metadata=RefreshMetadata(metadata=metadata, clock=clock),
        ),
        client_address=client_address,
        begin_passkey_login=begin_passkey_login,
        log_in_by_passkey=log_in_by_passkey,
        methods=rules.methods,
        vault=vault,
        token_provider=token_provider,
        standing_recorder=token_provider if isinstance(token_provider, StandingRecorder) else None,
        credential_renewer=token_provider if isinstance(token_provider, CredentialRenewer) else None,
        account_join=accounts if isinstance(accounts, AccountJoin) else None,
        requirements=requirements,
        remembers_browsers=rules.trust_lifetime is not None,
        trust_cookie=trust_cookie,
        step_up_status=step_up_status,
        issuer=issuer,
        verify_url=verify_url,
        relying_party_id=relying_party_id,
        related_origins=related_origins,
        passkey_enroll_url=passkey_enroll_url,
        passkey_manage_url=passkey_manage_url,
    )
