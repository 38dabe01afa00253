"""What every AuthenticatorMetadata does."""

from mfa.application.ports.metadata import AuthenticatorMetadata
from mfa.testing.authenticator import AAGUID


class AuthenticatorMetadataContract:
    """Provide ``metadata`` that know one model, ``AAGUID`` of ``mfa.testing.authenticator``, by the name "Blue key"."""

    def test_a_model_is_known_by_its_aaguid(self, metadata: AuthenticatorMetadata) -> None:
        model = metadata.model_of(AAGUID, ())

        assert model is not None
        assert model.name == "Blue key"
        assert metadata.model_of(AAGUID, (b"no certificate",)) == model

    def test_no_other_model_is_known(self, metadata: AuthenticatorMetadata) -> None:
        assert metadata.model_of(AAGUID[::-1], ()) is None
        assert metadata.model_of(bytes(16), ()) is None

    def test_it_tells_how_many_there_are_and_from_where(self, metadata: AuthenticatorMetadata) -> None:
        edition = metadata.edition()

        assert edition.models == 1
        assert edition.source
