"""The people of a Stripe account's history as donors; those who were forgotten stay so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.clock import from_unix
from api.models import Donor
from api.services.donors import name_fold
from api.services.forgotten_names import forgotten_donors
from api.services.gateways.stripe import id_of

_NAME_LENGTH = 200
_EMAIL_LENGTH = 254
# Our field, Stripe's field and the longest that we keep.
_ADDRESS = (
    ("line1", "line1", 200),
    ("line2", "line2", 200),
    ("city", "city", 100),
    ("postcode", "postal_code", 20),
    ("country", "country", 2),
)


@dataclass(frozen=True)
class Person:
    """Who gave, as Stripe tells it. `known_by`: the customer's id, else the charge's; `gave_at`: when."""

    name: str
    email: str
    known_by: str
    gave_at: datetime
    customer_id: str = ""
    phone: str = ""
    address: tuple[tuple[str, str], ...] = ()

    @property
    def shown_name(self) -> str:
        """A name for people to read, also where Stripe has none."""
        return self.name or self.email or f"Unknown (Stripe {self.known_by})"

    @property
    def pair(self) -> tuple[str, str]:
        """What makes one donor. Without an e-mail address a name alone is no identity: Stripe's id is."""
        if self.email:
            return self.email.casefold()[:_EMAIL_LENGTH], name_fold(self.shown_name)
        mark = f" ({self.known_by.casefold()})"
        return "", name_fold(self.shown_name)[: _NAME_LENGTH - len(mark)] + mark


def person_of(charge_or_plan: Mapping[str, Any]) -> Person:
    """The person behind a charge or plan: its customer's own words, else those on the payment."""
    customer = charge_or_plan.get("customer")
    told = customer if isinstance(customer, dict) else {}
    billing = charge_or_plan.get("billing_details") or {}
    email = told.get("email") or billing.get("email") or charge_or_plan.get("receipt_email") or ""
    name = " ".join(str(told.get("name") or billing.get("name") or "").split())
    address = told.get("address") or billing.get("address") or {}
    return Person(
        name=name[:_NAME_LENGTH],
        email=email.strip() if len(email) <= _EMAIL_LENGTH else "",
        known_by=id_of(customer) or charge_or_plan["id"],
        gave_at=from_unix(int(charge_or_plan["created"])),
        customer_id=id_of(customer),
        phone=str(told.get("phone") or billing.get("phone") or "")[:40],
        address=tuple(
            (ours, str(address[theirs])[:length])
            for ours, theirs, length in _ADDRESS
            if address.get(theirs)
        ),
    )


class DonorBook:
    """Donors of people: the customer's, else the one of the same e-mail and name, else a new one.

    What a forgotten donor gave before is put with what is left of them: nobody is named anew.
    """

    def __init__(self) -> None:
        self._by_customer: dict[str, Donor] = {}
        self._by_pair: dict[tuple[str, str], Donor] = {}
        self._forgotten: dict[str, Donor] = {}
        self.new: list[Donor] = []
        self._linked: list[Donor] = []

    def read(self, people: Iterable[Person]) -> None:
        """Look up all of them: three queries."""
        listed = list(people)
        customers = {person.customer_id for person in listed} - {""}
        for donor in Donor.objects.filter(stripe_customer_id__in=customers):
            self._by_customer.setdefault(donor.stripe_customer_id or "", donor)
        emails, names = {one.pair[0] for one in listed}, {one.pair[1] for one in listed}
        for donor in Donor.objects.filter(email_key__in=emails, name_key__in=names):
            self._by_pair.setdefault((donor.email_key, donor.name_key), donor)
        self._forgotten |= forgotten_donors((customers | emails) - {""})

    def of(self, person: Person) -> Donor:
        """The donor of a person who was read; a new one is not saved yet."""
        donor = self._by_customer.get(person.customer_id) or self._by_pair.get(person.pair)
        donor = donor or self._forgotten_of(person)
        if donor is None:
            donor = self._by_pair[person.pair] = _donor(person)
            self.new.append(donor)
        if person.customer_id and donor.stripe_customer_id is None and donor.erased_at is None:
            donor.stripe_customer_id = person.customer_id
            self._linked.append(donor)
        if person.customer_id and donor.stripe_customer_id == person.customer_id:
            self._by_customer[person.customer_id] = donor
        return donor

    def _forgotten_of(self, person: Person) -> Donor | None:
        """By the customer, or by an address under which they gave before they were forgotten."""
        if by_customer := self._forgotten.get(person.customer_id):
            return by_customer
        donor = self._forgotten.get(person.pair[0])
        return donor if donor and donor.erased_at and person.gave_at <= donor.erased_at else None

    def close(self, *, is_commit: bool) -> int:
        """Save what is new, in the caller's transaction; a dry run only remembers it. Returns how many are new."""
        count = len(self.new)
        if is_commit:
            Donor.objects.bulk_create(self.new)
            Donor.objects.bulk_update(self._linked, ["stripe_customer_id"])
        self.new, self._linked = [], []
        return count


def _donor(person: Person) -> Donor:
    email_key, name_key = person.pair
    return Donor(
        name=person.shown_name[:_NAME_LENGTH],
        email=person.email,
        email_key=email_key,
        name_key=name_key,
        phone=person.phone,
        **dict(person.address),
    )
