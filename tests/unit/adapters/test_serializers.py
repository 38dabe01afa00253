from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation
from rest_framework import serializers

from mfa.adapters.answers import requirement_body
from mfa.adapters.serializers import (
    DispatchSerializer,
    EmailAddressField,
    RegistrationSerializer,
    RenameSerializer,
    RequirementSerializer,
    SecondFactorSerializer,
    TextField,
    VerifySerializer,
    made_once,
    represented,
    word,
)
from mfa.domain.methods.base import RegistrationField
from mfa.domain.policies import Requirement


class Fax:
    fields = (
        RegistrationField(name="number", label="Phone number", kind="phone", required=True, max_length=20),
        RegistrationField(name="mail", label="Email", kind="email"),
        RegistrationField(name="greeting", label="Greeting"),
    )


def registration(data: object) -> serializers.Serializer[Any]:
    return RegistrationSerializer(data=data, context={"method": Fax()})


def test_a_registration_has_the_fields_of_its_method() -> None:
    fields = registration({}).fields

    assert list(fields) == ["name", "number", "mail", "greeting"]
    assert [field.required for field in fields.values()] == [False, True, False, False]
    assert [field.style.get("input_type") for field in fields.values()] == [None, "tel", "email", "text"]
    assert getattr(fields["number"], "max_length", None) == 20


def test_without_a_method_there_is_only_the_name() -> None:
    assert list(RegistrationSerializer().fields) == ["name"]


def test_what_is_given_is_trimmed_and_the_rest_is_left_out() -> None:
    serializer = registration({"number": " 1 ", "greeting": " ", "colour": "green"})

    assert serializer.is_valid()
    assert serializer.validated_data == {"number": "1", "greeting": ""}


def test_what_is_required_is_asked_for() -> None:
    serializer = registration({"number": " "})

    assert not serializer.is_valid()
    assert list(serializer.errors) == ["number"]


def test_the_form_of_an_address_is_left_to_the_method() -> None:
    assert EmailAddressField().run_validation("büro@exämple") == "büro@exämple"


@pytest.mark.parametrize("value", [7, 7.5, True, [], {}, [[[]]], b"text"])
def test_a_text_is_a_text(value: object) -> None:
    with pytest.raises(serializers.ValidationError):
        TextField().run_validation(value)


@pytest.mark.parametrize("value", ["", "1", 1, 1.5, True, [], {"id": "x"}])
def test_a_value_goes_to_the_method_as_it_is(value: object) -> None:
    serializer = VerifySerializer(data={"value": value})

    assert serializer.is_valid()
    assert serializer.validated_data["value"] is value


@pytest.mark.parametrize("data", [{}, {"value": None}, [], None, "1", 1])
def test_a_value_has_to_be_there(data: object) -> None:
    assert not VerifySerializer(data=data).is_valid()


@pytest.mark.parametrize(("data", "again"), [({}, False), ({"reverify": True}, True), ({"reverify": "true"}, True)])
def test_a_dispatch_is_renewed_on_request(data: object, *, again: bool) -> None:
    serializer = DispatchSerializer(data=data)

    assert serializer.is_valid()
    assert serializer.validated_data["reverify"] is again


def test_a_word_of_the_core_is_translated_when_it_is_shown() -> None:
    # "Email address" is a word of Django's own catalogues.
    with translation.override("nl"):
        assert word("Email address") == "E-mailadres"
    with translation.override("en"):
        assert word("Email address") == "Email address"


@pytest.mark.parametrize(
    "requirement",
    [
        Requirement(verifications=1),
        Requirement(verifications=2, methods=["totp"], max_age=timedelta(seconds=90.5), phishing_resistant=True),
    ],
)
def test_a_requirement_is_described_as_it_is_written(requirement: Requirement) -> None:
    assert represented(RequirementSerializer, requirement) == requirement_body(requirement)


@pytest.mark.parametrize(("kind", "field"), [(RenameSerializer, "name"), (SecondFactorSerializer, "trust_token")])
def test_each_hears_what_is_wrong_in_his_language(kind: type[serializers.Serializer[Any]], field: str) -> None:
    said = []
    for language in ("de", "nl", "de"):
        with translation.override(language), pytest.raises(serializers.ValidationError) as wrong:
            made_once(kind, language).run_validation({field: "x" * 9999})
        said.append(str(wrong.value))

    assert said[0] == said[2] != said[1]
