import pytest

from mfa.adapters.system.entropy import SystemEntropy
from mfa.application.ports.system import Entropy
from mfa.testing.contracts.system import EntropyContract


class TestSystemEntropy(EntropyContract):
    @pytest.fixture
    def entropy(self) -> Entropy:
        return SystemEntropy()
