"""What OpenAPI promises is what the API answers: every operation, with right and with wrong data."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.models import Role, User
from api.services.funds import funds_seed
from tests.clients import bearer
from tests.people import staff

pytestmark = pytest.mark.django_db
EXAMPLES = 5
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def quiet(settings: Any, simulator: str, no_jobs: None) -> Iterator[None]:
    """No limits and no logs: thousands of requests come, all within the test's one transaction."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**9)
    settings.PASSWORD_HASHERS = ["tests.hashers.QuickArgon2"]
    funds_seed()
    logging.disable(logging.CRITICAL)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    logging.disable(logging.NOTSET)


def operations() -> list[APIOperation[Any, Any, Any, Any]]:
    """All that the schema of now has, also what was added since this was written."""
    # Not before the tests begin: it starts a thread that writes down counts.
    from donor_management.wsgi import application

    raw = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = application
    return [found.ok() for found in schema.get_all_operations()]


def test_every_operation_answers_as_documented_whatever_it_is_sent(quiet: None) -> None:
    dora, found = staff(Role.ADMINISTRATOR), []
    for operation in operations():
        for mode, user in (
            (GenerationMode.POSITIVE, dora),
            (GenerationMode.NEGATIVE, dora),
            (GenerationMode.POSITIVE, None),
        ):
            try:
                tried(operation, mode, user)
            except Unsatisfiable:
                pass  # There is nothing to send wrongly.
            except (Exception, FailureGroup) as error:
                found.append(f"{operation.label}, {mode.value}: {error}"[:1500])
    assert not found, "\n\n".join(found)


def tried(operation: Any, mode: GenerationMode, user: User | None) -> None:
    """Send an operation made-up data, signed in or not; of nothing anything stays."""

    @hypothesis_settings(
        max_examples=EXAMPLES if user else 2,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        with transaction.atomic():
            case.call_and_validate(headers=bearer(user) if user else {}, checks=CHECKS)
            transaction.set_rollback(True)

    send()


def test_the_schema_names_every_operation_that_signs_in() -> None:
    labels = {operation.label for operation in operations()}
    assert {"POST /api/auth/sign-in/", "GET /api/auth/me/", "GET /api/giving/"} <= labels
