"""Which database answers: nothing here needs a replica; drills/test_scale.py has a real one."""

from typing import Any

import pytest
from django.db import connection

from api.services import replicas
from api.services.replicas import REPLICA, from_replica, reading

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def replica(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' database under a second name, as a replica that knows all."""
    from django.db import connections

    settings.DATABASES = {**settings.DATABASES, REPLICA: settings.DATABASES["default"]}
    known = {**connections.settings, REPLICA: connections.settings["default"]}
    monkeypatch.setattr(connections, "settings", known)
    monkeypatch.setattr(replicas, "_has_replayed", lambda wanted: True)
    yield
    connections[REPLICA].close()
    del connections[REPLICA]


def test_without_a_replica_the_primary_answers() -> None:
    with from_replica():
        assert reading().alias == connection.alias


def test_x(replica: None) -> None:
    from api.models import Role
    from api.services.reports.catalogue import REPORTS
    from api.services.reports.engine import report_run
    from tests.people import staff

    print(report_run(next(iter(REPORTS.values())), {}, user=staff(Role.ADMINISTRATOR)))
