"""The tables follow from the models, on every version of Django."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from mfa.adapters.accessor import APP_LABEL


@pytest.mark.django_db
def test_nothing_is_left_to_migrate() -> None:
    call_command("makemigrations", APP_LABEL, check_changes=True, dry_run=True, stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_the_tables_can_be_taken_away_and_made_anew() -> None:
    def tables() -> set[str]:
        return {name for name in connection.introspection.table_names() if name.startswith(APP_LABEL)}

    everything = tables()
    executor = MigrationExecutor(connection)
    latest = [node for node in executor.loader.graph.leaf_nodes() if node[0] == APP_LABEL]
    try:
        executor.migrate([(APP_LABEL, None)])
        assert tables() == set()
    finally:
        MigrationExecutor(connection).migrate(latest)

    assert tables() == everything
    assert len(everything) == 6


@pytest.mark.django_db
def test_the_hot_paths_have_indexes() -> None:
    def indexed(table: str) -> list[list[str]]:
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, f"{APP_LABEL}_{table}")
        return [
            each["columns"] for each in constraints.values() if each["index"] or each["unique"] or each["primary_key"]
        ]

    assert ["user_id"] in indexed("accountrecord")
    assert ["account_id", "index"] in indexed("devicerecord")
    assert ["expires_at"] in indexed("devicerecord")
    assert ["account_id", "index", "token"] in indexed("challengerecord")
    assert ["expires_at"] in indexed("challengerecord")
    assert ["expires_at"] in indexed("spentloginrecord")
    assert ["purge_at"] in indexed("accountrecord")
    assert ["user_id", "id"] in indexed("auditrecord")
    assert ["at"] in indexed("auditrecord")
