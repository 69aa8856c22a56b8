"""The door to a Stripe that is only played: for rehearsals, in a process that does nothing else."""

from datetime import datetime
from typing import Any

from django.conf import settings

from api.errors import Invalid
from api.services.gateways import stripe

STAND_IN = "stripe_sim.near.NearClient"
# What a rehearsal is told of; the others are not even written. That a plan is late decides nothing here.
KINDS = ("customer.subscription.deleted", "invoice.payment_failed", "invoice.paid")


class RehearsedStripe:
    """Stripe's stand-in within this process, on one test clock."""

    def __init__(self, begins_at: datetime) -> None:
        """From now on this process has no other Stripe. Raises Invalid where the stand-in is not installed."""
        settings.STRIPE_HTTP_CLIENT = STAND_IN
        settings.STRIPE_SECRET_KEY = "sk_test_rehearsal"  # noqa: S105 a stand-in's, which lets all in
        stripe._client.cache_clear()
        stripe.http_client.cache_clear()
        try:
            self._near = stripe.http_client()
        except ImportError as error:
            raise Invalid(
                "Rehearsals need the simulator: install with `uv sync --group sim`."
            ) from error
        self._near.only(*KINDS)
        params: Any = {"frozen_time": int(begins_at.timestamp())}
        self._clock = stripe._client().v1.test_helpers.test_clocks.create(params).id

    def plans_make(self, plans: list[dict[str, Any]]) -> list[dict[str, str]]:
        """Plans that run, with their customers and cards."""
        made: list[dict[str, str]] = self._near.order(
            "/_sim/bulk/plans", clock=self._clock, plans=plans
        )
        return made

    def refuse(self, method_id: str, spans: list[dict[str, Any]]) -> None:
        """The bank refuses a card in these spans of time."""
        self._near.order(f"/_sim/payment_methods/{method_id}/refuses", spans=spans)

    def advance(self, to: datetime) -> None:
        """Time goes on; what was paid or given up before is forgotten, for a year of it would fill the memory."""
        self._near.order("/_sim/bulk/forget")
        params: Any = {"frozen_time": int(to.timestamp())}
        stripe._client().v1.test_helpers.test_clocks.advance(self._clock, params)

    def events(self) -> list[dict[str, Any]]:
        """What happened since the last time, in order."""
        events: list[dict[str, Any]] = self._near.drain()
        return events
