from mfa.adapters.memory.system import FrozenClock as FrozenClock
from mfa.testing.authenticator import SoftwareAuthenticator as SoftwareAuthenticator
from mfa.testing.clients import verified_client as verified_client
from mfa.testing.clients import verify as verify
from mfa.testing.deployment import override as override
from mfa.testing.enrolment import Enrolled as Enrolled
from mfa.testing.enrolment import enrol as enrol
