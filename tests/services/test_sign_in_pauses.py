"""Counting tries to sign in, when one account is tried from several places at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from api.services.sign_in_pauses import password_counters, try_begin, try_succeeded

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, ROUNDS = 4, 60


def test_people_who_sign_in_at_once_from_one_office_all_get_in() -> None:
    """One's success forgets the counter that the other is about to raise: none may stumble on it."""
    counters = password_counters(email="amina@example.org", address="192.0.2.7", device="")

    def sign_in_often(_: int) -> None:
        try:
            for _ in range(ROUNDS):
                try_begin(counters)
                try_succeeded(counters)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(sign_in_often, range(THREADS)))
