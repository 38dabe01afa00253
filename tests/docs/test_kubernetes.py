"""The manifests of the page about Kubernetes start what there is, and ask for what the page serves."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import yaml
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from tests.docs.commands import options
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "kubernetes.md"
MANIFESTS = [yaml.safe_load(block.text) for block in blocks(PAGE, "yaml")]


def found(key: str, inside: object) -> Iterator[Any]:
    """Yield what stands under a key, however deep."""
    match inside:
        case dict():
            for each, value in inside.items():
                if each == key:
                    yield value
                yield from found(key, value)
        case list():
            for value in inside:
                yield from found(key, value)


def test_every_command_exists_with_its_options() -> None:
    lines = [" ".join(each) for each in found("command", MANIFESTS)]
    lines += [line for block in blocks(PAGE, "console") for line in block.text.splitlines()]
    typed = [each for line in lines for each in re.findall(r"manage\.py (\w+)([^&]*)", line)]
    assert {name for name, _ in typed} == {"check", "migrate", "mfa_purge", "mfa_status", "mfa_unlock"}
    for name, rest in typed:
        assert {*re.findall(r"--[\w-]+", rest)} <= options(name), (name, rest)


def test_what_probes_ask_for_is_served_and_volumes_are_there() -> None:
    served = {f"/{path}" for block in blocks(PAGE, "python") for path in re.findall(r'path\("([^"]+)"', block.text)}
    probes = {each["path"] for each in found("httpGet", MANIFESTS)}
    assert probes == {"/live/", "/ready/"}
    assert probes <= served
    for manifest in MANIFESTS:
        [volumes] = found("volumes", manifest)
        mounted = {mount["name"] for mounts in found("volumeMounts", manifest) for mount in mounts}
        assert mounted == {volume["name"] for volume in volumes}


def test_the_server_listens_where_probes_ask() -> None:
    """Which is outside of the pod; gunicorn's own default is 127.0.0.1."""
    [served] = [each[1:] for each in found("command", MANIFESTS) if each[0] == "gunicorn"]
    assert import_module("gunicorn.config").Config().parser().parse_args(served).bind == [
        f"0.0.0.0:{port}" for port in {each["port"] for each in found("httpGet", MANIFESTS)}
    ]


@pytest.mark.django_db
def test_whether_a_pod_is_ready_is_asked_of_the_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Each time, also over a connection that is there already, and may be so no more."""
    names: dict[str, Any] = {}
    [urls] = [block for block in blocks(PAGE, "python") if block.text.startswith("# project/urls.py")]
    exec(compile(urls.text, str(PAGE), "exec"), names)  # noqa: S102 - it is what the page says
    with django_assert_num_queries(1):
        ready: HttpResponse = names["ready"](RequestFactory().get("/ready/"))
    assert ready.status_code == 200
