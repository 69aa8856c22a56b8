"""What the gifts of a Stripe account's history were for."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.errors import NotFound
from api.models import Fund

GENERAL = "general"
# How this site names its own products (services/gateways/stripe.py).
_OWN_PRODUCT = "domaap_fund_"


class FundChoice:
    """The funds, and which of them a gift of history goes to."""

    def __init__(self, code: str = "") -> None:
        """`code`: the fund of all gifts that name none of ours. Raises NotFound."""
        funds = list(Fund.objects.all())
        self._named = {name.casefold(): fund for fund in funds for name in (fund.name, fund.code)}
        self._by_product: dict[str, str] = {}
        self._is_given = bool(code)
        default = next((fund for fund in funds if fund.code == (code or GENERAL)), None)
        if default is None:
            raise NotFound(f"There is no fund with the code {code or GENERAL!r}.")
        self.default = default

    def products_take(self, page: Iterable[Mapping[str, Any]]) -> None:
        """Which fund each of the account's products stands for."""
        for product in page:
            name = self._of_product(product)
            if name:
                self._by_product[product["id"]] = name

    def _of_product(self, product: Mapping[str, Any]) -> str:
        named = str((product.get("metadata") or {}).get("fund", ""))
        own = str(product["id"]).removeprefix(_OWN_PRODUCT)
        known = (name for name in (own, str(product.get("name"))) if name.casefold() in self._named)
        return named or next(known, "")

    def name_of(
        self, *, metadata: Mapping[str, Any] | None, product_ids: Iterable[str] = ()
    ) -> str:
        """What a thing of Stripe's says that it is for: its metadata's `fund`, else its product."""
        told = str((metadata or {}).get("fund", "")).strip()
        products = (self._by_product.get(one, "") for one in product_ids)
        return told or next((name for name in products if name), "")

    def of(self, *names: str) -> Fund | None:
        """The fund of the first name that is there. None: it names a fund that is not here.

        Money that was given for a purpose is not put into another fund unless that is asked for.
        """
        told = next((name for name in names if name), "")
        found = self._named.get(told.casefold())
        return found or (None if told and not self._is_given else self.default)
