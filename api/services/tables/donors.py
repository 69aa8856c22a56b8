"""Donors as a table."""

import re
from collections.abc import Mapping, Sequence

from django.db.models import BooleanField, Count, F, OuterRef, Q, StringAgg, Subquery, Value
from django.db.models.functions import Coalesce, Replace, Upper

from api.models import (
    DONATION_PAID,
    SUBSCRIPTION_ENDED,
    Donation,
    Donor,
    DonorTag,
    Right,
    Subscription,
    SubscriptionStatus,
    Tag,
)
from api.services.tables.estimates import rows_planned
from api.services.tables.filters import Days, Flag, Options, Words
from api.services.tables.searches import (
    Emails,
    Names,
    NamesAlike,
    Postcodes,
    ReceiptNumbers,
    References,
    StripeIds,
    postcode_fold,
)
from api.services.tables.spec import Column, Kind, Order, Table

_CONTACT = Right.DONORS_CONTACT


def _gifts() -> "Subquery":
    paid = Donation.objects.filter(donor=OuterRef("pk"), status__in=DONATION_PAID).order_by()
    return Subquery(paid.values("donor").annotate(count=Count("pk")).values("count"))


def _last_gift() -> "Subquery":
    paid = Donation.objects.filter(donor=OuterRef("pk"), status__in=DONATION_PAID)
    return Subquery(paid.order_by("-created_at", "-pk").values("created_at")[:1])


def _tags() -> "Subquery":
    held = DonorTag.objects.filter(donor=OuterRef("pk")).order_by().values("donor")
    names = held.annotate(names=StringAgg("tag__name", Value(", "), order_by="tag__name_key"))
    return Subquery(names.values("names"))


def _all_tags() -> Mapping[str, str]:
    return dict(Tag.objects.values_list("name_key", "name"))


def _with_tags(keys: Sequence[str]) -> Q:
    held = DonorTag.objects.filter(tag__name_key__in=keys).order_by()
    return Q(pk__in=held.values("donor"))


def _has_plan() -> Q:
    """Few plans are looked up first; where many donors have one, each donor is asked in turn."""
    gone = {*SUBSCRIPTION_ENDED, SubscriptionStatus.INCOMPLETE}
    plans = Subscription.objects.exclude(status__in=gone).order_by()
    if rows_planned(plans) * 200 < rows_planned(Donor.objects.all()):
        return Q(pk__in=plans.values("donor"))
    own = plans.filter(donor=OuterRef("pk")).values(told=Value(True))[:1]
    return Q(Coalesce(Subquery(own), False, output_field=BooleanField()))


DONORS = Table(
    noun="donors",
    label="Donors",
    one="donor",
    model=Donor,
    right=Right.DONORS_VIEW,
    lookup="reference",
    keys={"donor_reference": "reference"},
    aliases={"postcode_plain": Upper(Replace("postcode", Value(" ")))},
    columns=[
        Column("name", "Name", link="/admin/donors/{donor_reference}/"),
        Column("email", "E-mail", right=_CONTACT),
        Column("phone", "Telephone", right=_CONTACT, is_default=False),
        Column("line1", "Address", right=_CONTACT, is_default=False),
        Column("line2", "Address, second line", right=_CONTACT, is_default=False),
        Column("city", "Town", right=_CONTACT, is_default=False),
        Column("postcode", "Postcode", right=_CONTACT),
        Column("country", "Country", Kind.CODE, right=_CONTACT, is_default=False),
        Column(
            "gifts",
            "Gifts",
            Kind.INTEGER,
            source=Coalesce(_gifts(), 0),
            right=Right.GIVING_VIEW,
            link=f"/admin/donations/?donor={{donor_reference}}&status={','.join(sorted(DONATION_PAID))}",
        ),
        Column(
            "last_gift_at",
            "Last gift",
            Kind.MOMENT,
            source=_last_gift(),
            right=Right.GIVING_VIEW,
            is_nullable=True,
        ),
        Column("tags", "Tags", source=_tags(), is_default=False, is_nullable=True),
        Column("created_at", "Since", Kind.MOMENT),
        Column("reference", "Reference", Kind.CODE, is_default=False),
        Column(
            "stripe_customer_id",
            "Stripe's id",
            Kind.CODE,
            right=Right.BANK_VIEW,
            is_default=False,
            is_nullable=True,
        ),
    ],
    orders=[
        Order("created_at", "Since", ["created_at"], is_descending=True),
        Order("name", "Name", [F("name_key")]),
    ],
    filters=[
        Days("created", "Since", path="created_at"),
        Options("tag", "Tag", choices=_all_tags, where=_with_tags),
        Words(
            "postcode",
            "Postcode begins with",
            right=_CONTACT,
            path="postcode_plain",
            lookup="startswith",
            fold=postcode_fold,
            example="B10",
            pattern=lambda text: bool(re.fullmatch("[0-9A-Z-]{1,12}", text)),
        ),
        Words(
            "country",
            "Country",
            right=_CONTACT,
            fold=str.upper,
            example="GB",
            pattern=lambda text: bool(re.fullmatch("[A-Z]{2}", text)),
        ),
        Flag("has_plan", "Gives monthly now", right=Right.GIVING_VIEW, where=_has_plan),
        Flag("has_address", "Has a postcode", right=_CONTACT, where=lambda: ~Q(postcode="")),
    ],
    searches=[
        References(
            model=Donor, paths=("reference", "donations__reference", "subscriptions__reference")
        ),
        StripeIds(
            paths={
                "cus": "stripe_customer_id",
                "pi": "donations__stripe_payment_intent_id",
                "sub": "subscriptions__stripe_subscription_id",
            }
        ),
        ReceiptNumbers(gift="donations__", receipt="donations__receipt__"),
        Emails(),
        Postcodes(),
        Names(),
        Emails(is_last=True),
        NamesAlike(),
    ],
    search_hint="Name, e-mail, postcode, reference or receipt",
    empty="Nobody has given yet. A donor is here as soon as they send the giving form.",
)
