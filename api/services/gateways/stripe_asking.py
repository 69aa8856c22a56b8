"""One call to Stripe: its errors become ours, and a Stripe that hangs holds up nobody for long."""

from collections.abc import Callable

import stripe
import structlog

from api.counters import count
from api.errors import DomaapError, StripeRefused, StripeUnavailable
from api.services.gateways.outages import Outage

log = structlog.get_logger()
# A donor waits for these, and a thread of ours with each.
CONNECT_SECONDS, ANSWER_SECONDS = 3, 10
_OUTAGE = Outage(most=3, pause_seconds=2, patience_seconds=2 * ANSWER_SECONDS)


def ask[Answer](call: Callable[[], Answer]) -> Answer:
    """Carry out one call; Stripe's errors become ours. While Stripe is away, most fail at once."""
    if not _OUTAGE.may_ask():
        count("domaap_stripe_errors", kind="unavailable")
        raise StripeUnavailable
    try:
        answer = call()
    except stripe.APIConnectionError as error:
        count("domaap_stripe_errors", kind="unavailable")
        log.warning("stripe_unavailable", error=str(error))
        _OUTAGE.failed()
        raise StripeUnavailable from error
    except stripe.StripeError as error:
        _OUTAGE.answered()
        raise _refused(error) from error
    _OUTAGE.answered()
    return answer


def _refused(error: stripe.StripeError) -> DomaapError:
    # 409: the same call of ours, sent twice at once, is still being worked on. Nothing is refused.
    is_busy = isinstance(error, stripe.RateLimitError) or error.http_status == 409
    is_theirs = is_busy or (error.http_status or 0) >= 500
    count("domaap_stripe_errors", kind="unavailable" if is_theirs else "refused")
    if is_busy:
        log.warning("stripe_unavailable", error=str(error))
        return StripeUnavailable()
    log.error("stripe_refused", error=str(error), code=error.code, stripe_request=error.request_id)
    return (
        StripeUnavailable() if is_theirs else StripeRefused(reason=error.user_message or str(error))
    )


def outage_forget() -> None:
    """Ask as if Stripe had answered: for tests, where it goes away and comes back on purpose."""
    _OUTAGE.answered()
