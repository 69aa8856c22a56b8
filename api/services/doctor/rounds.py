"""What several checks of one run ask together, asked once."""

from functools import cached_property

from django.conf import settings

from api.services.gateways.dns import DnsSilent, Texts, texts_of
from api.services.gateways.stripe_account import (
    AccountFacts,
    Endpoint,
    account_look,
    endpoints_list,
)


class Round:
    """One run of all checks."""

    _is_dns_silent = False

    @cached_property
    def account(self) -> AccountFacts:
        """What Stripe answers to our key. Raises StripeUnavailable or StripeRefused."""
        return account_look()

    @cached_property
    def endpoints(self) -> list[Endpoint]:
        """Stripe's webhook endpoints that lead to us, by their host and path."""
        return [found for found in endpoints_list() if found.url.rstrip("/") in self.addresses]

    @cached_property
    def addresses(self) -> set[str]:
        """Where a delivery reaches us."""
        near = [f"http://{host}:{settings.WEB_PORT}" for host in ("127.0.0.1", "localhost")]
        bases = [settings.SITE_URL, *(near if settings.STRIPE_IS_SIMULATED else [])]
        return {f"{base}{path}".rstrip("/") for base in bases for path in settings.WEBHOOK_PATHS}

    def texts(self, name: str) -> Texts:
        """TXT records of a name. Raises DnsSilent, at once when no name server answered before."""
        if self._is_dns_silent:
            raise DnsSilent
        try:
            return texts_of(name)
        except DnsSilent:
            self._is_dns_silent = True
            raise

    def forget(self) -> None:
        """Something was changed: what was asked is asked again."""
        for name in ("account", "endpoints"):
            self.__dict__.pop(name, None)
