"""A rehearsal is true to its scenario, the same each time, and touches nothing."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from api.clock import clock_at
from api.models import Fund, Rehearsal, RehearsalState, Role
from api.money import money_text
from api.services.dunning_policies import policy_parse, policy_read
from api.services.gateways import stripe as gateway
from api.services.rehearsal.comparison import comparison_words
from api.services.rehearsal.outcome import Wanted, rehearse_policy
from api.services.rehearsals import rehearsal_estimate, seconds_left
from tests.people import staff
from tests.plans.test_dunning import STANDARD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    """What a process of its own would be: afterwards the session and the stand-in are gone."""
    secret = settings.STRIPE_SECRET_KEY
    yield
    connection.close()
    connection.features.__dict__.pop("uses_savepoints", None)
    gc.unfreeze()
    settings.STRIPE_HTTP_CLIENT, settings.STRIPE_SECRET_KEY = "", secret
    gateway._client.cache_clear()
    gateway.http_client.cache_clear()


def counts() -> dict[str, int]:
    """How many rows each real table has."""
    models = apps.get_app_config("api").get_models()
    with connection.cursor() as cursor:
        found = {}
        for name in [*(model._meta.db_table for model in models), "procrastinate_jobs"]:
            cursor.execute(f"SELECT count(*) FROM public.{name}")  # noqa: S608 our own names
            found[name] = cursor.fetchone()[0]
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_won_back_is_the_scenarios_truth_and_no_real_row_changes(seed: int) -> None:
    Fund.objects.get_or_create(code="general", defaults={"name": "General", "position": 0})
    before = counts()
    far: list[int] = []
    told = rehearse_policy(policy_read(STANDARD), Wanted(120, 5, seed), progress=far.append)
    assert told["is_true"], told
    assert told["failed"] > 10 and 0 < told["recovered_minor"] < told["failed_minor"]
    assert told["failed"] == told["recovered"] + told["lost"] + told["open"]
    assert far == sorted(far) and far[-1] == 100
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="read-only"):
        cursor.execute("UPDATE public.api_fund SET name = 'changed'")
    connection.close()
    assert counts() == before


def test_a_policy_that_gives_up_sooner_wins_back_less_of_the_same_year() -> None:
    soon = policy_parse(Path("api/policies/gentle.json").read_text())
    told = rehearse_policy(soon, Wanted(120, 5, 1), progress=lambda percent: None)
    connection.close()
    long = rehearse_policy(policy_read(STANDARD), Wanted(120, 5, 1), progress=lambda percent: None)
    assert told["is_true"] and long["is_true"]
    assert told["recovered_minor"] < long["recovered_minor"]
    words = comparison_words([long, told])
    assert "Standard" in words and "Gentle" in words
    assert words.count("yes") == 2
    more = money_text(long["recovered_minor"] - told["recovered_minor"], "GBP")
    assert f"Standard wins back {more} more than Gentle" in words and f"-{more}" in words


def test_a_policy_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match=r"The policy nowhere\.json can't be read"):
        call_command("rehearse", "--policy", "nowhere.json")


def test_the_time_left_follows_from_the_days_since_the_first() -> None:
    begun = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with clock_at(begun + timedelta(seconds=30)):
        assert seconds_left(25, begun) == 90
        assert seconds_left(1, begun) is seconds_left(100, begun) is None


def test_how_long_a_size_takes_is_told_from_the_newest_rehearsal_of_some_size() -> None:
    gwen = staff(Role.FUNDRAISER)
    told = rehearsal_estimate(plans=10_000, months=12)
    assert 60 < told < 600
    made = {"asked_by": gwen, "seed": 1, "state": RehearsalState.READY}
    Rehearsal.objects.create(plans=1000, months=12, results=[{"seconds": 30}], **made)
    Rehearsal.objects.create(plans=10, months=1, results=[{"seconds": 5}], **made)
    assert rehearsal_estimate(plans=10_000, months=12) == 300
    assert rehearsal_estimate(plans=1, months=1) == 5
