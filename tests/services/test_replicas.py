"""Which database answers. drills/test_scale.py has a real replica; here there is none."""

import pytest
from django.db import OperationalError, transaction

from api.models import Donation
from api.services.replicas import ReplicaRouter, from_replica, reading, replica_reads, session

pytestmark = pytest.mark.django_db


def test_without_a_replica_the_primary_answers_and_writes_are_always_its_own() -> None:
    with from_replica():
        assert reading().alias == session().alias == "default"
        assert ReplicaRouter().db_for_write(Donation) == "default"
        with transaction.atomic(), from_replica():
            assert reading().alias == "default"


def test_an_outage_of_the_primary_is_not_hidden() -> None:
    asked = []

    @replica_reads
    def question() -> None:
        asked.append(1)
        raise OperationalError("away")

    with pytest.raises(OperationalError):
        question()
    assert asked == [1]
