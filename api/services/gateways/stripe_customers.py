"""The door to Stripe for customers: one for each donor who gives again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from api.errors import StripeRefused
from api.services.gateways import stripe
from api.services.gateways.stripe_asking import ask


def customer_create(*, key: str, name: str, email: str) -> str:
    """A Stripe customer's id."""
    params: Any = {"name": name, "email": email, "metadata": {"donor_reference": key}}
    options: Any = {"idempotency_key": f"donor-{key}"}
    return ask(lambda: stripe._client().v1.customers.create(params, options)).id


def customer_update(customer_id: str, *, name: str, email: str) -> None:
    """What Stripe calls a customer and writes to. Gone already is fine; the same again changes nothing."""
    params: Any = {"name": name, "email": email}
    with _gone_is_fine():
        ask(lambda: stripe._client().v1.customers.update(customer_id, params))


def customer_delete(customer_id: str) -> None:
    """Have Stripe forget a customer: its plans end and its cards are removed. Gone already is fine."""
    with _gone_is_fine():
        ask(lambda: stripe._client().v1.customers.delete(customer_id))


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except StripeRefused as error:
        if getattr(error.__cause__, "code", "") != "resource_missing":
            raise
