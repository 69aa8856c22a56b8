"""Amina's plans on a clock that the tests move."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from api.services.funds import funds_seed
from api.services.gateways import stripe as gateway
from stripe_sim.near import NearClient
from stripe_sim.schemas import Schemas
from tests.environment import STRIPE_SCHEMAS, VIOLATIONS
from tests.plans.world import World

_SCHEMAS: list[Schemas] = []


@pytest.fixture
def near() -> Iterator[NearClient]:
    """Stripe's stand-in in this process, held to Stripe's schemas."""
    if not _SCHEMAS:
        _SCHEMAS.append(Schemas(STRIPE_SCHEMAS, VIOLATIONS))
    settings.STRIPE_HTTP_CLIENT = "stripe_sim.near.NearClient"
    gateway._client.cache_clear()
    gateway.http_client.cache_clear()
    client = gateway.http_client()
    client.schemas = _SCHEMAS[0]
    client.reset()
    yield client
    settings.STRIPE_HTTP_CLIENT = ""
    gateway._client.cache_clear()
    gateway.http_client.cache_clear()


@pytest.fixture
def world(db: None, near: NearClient) -> World:
    """A charity with funds, and time that stands still until it is moved."""
    funds_seed()
    return World(near)
