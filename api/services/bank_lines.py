"""The bank's statement beside Stripe's payouts: imported once, matched one to one, the rest left for a person."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePath

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from api.clock import now
from api.errors import MoveRefused
from api.models import BankLine, Payout, PayoutStatus, User
from api.services.audit import audit_record
from api.services.gateways.bank_files import bank_file_read
from api.services.gateways.bank_movements import BankFileLine
from api.services.turns import turn_take

# Weekends and bank holidays: money may be booked a little before or after the day Stripe named.
WINDOW = timedelta(days=4)
# How far a person may look when the rule finds nothing.
WINDOW_OF_PEOPLE = timedelta(days=31)
STRIPE = "stripe"
_LOCK = 0xBA2C  # one who matches at a time: what is free is found before it is taken


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    lines: int
    new: int
    matched: int


@transaction.atomic
def bank_lines_import(
    content: bytes, *, file_name: str, account: str = "", actor: User | None = None
) -> Imported:
    """Keep the lines of a statement and match payouts. Whole or not at all; safe to repeat."""
    lines = bank_file_read(
        content, account=account.strip() or "main", currency=settings.GIFT_CURRENCIES[0]
    )
    turn_take(_LOCK)
    before = BankLine.objects.count()
    rows = list(_rows(lines, PurePath(file_name).name[:200]))
    BankLine.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    imported = Imported(len(rows), BankLine.objects.count() - before, bank_lines_match())
    audit_record(
        action="bank_lines.imported",
        subject="bank_lines",
        actor=actor,
        lines=imported.lines,
        new=imported.new,
        matched=imported.matched,
    )
    return imported


def _rows(lines: Iterable[BankFileLine], file_name: str) -> Iterable[BankLine]:
    seen: Counter[tuple[str, date, int, str, str]] = Counter()
    for line in lines:
        account, reference = line.account[:64], (line.reference or line.description)[:200]
        same = (account, line.booked_on, line.amount_minor, line.currency, reference)
        seen[same] += 1
        yield BankLine(
            account=account,
            booked_on=line.booked_on,
            amount_minor=line.amount_minor,
            currency=line.currency,
            reference=reference,
            number=seen[same],
            description=line.description[:300],
            file_name=file_name,
        )


@transaction.atomic
def bank_lines_match() -> int:
    """Tie payouts to the lines that can only be theirs. Returns how many."""
    turn_take(_LOCK)
    payouts = list(payouts_unmatched().select_for_update(of=("self",)).order_by("pk"))
    lines = list(
        BankLine.objects.select_for_update().filter(
            payout=None,
            currency__in={payout.currency for payout in payouts},
            amount_minor__in={payout.amount_minor for payout in payouts},
        )
    )
    matched = pairs(payouts, lines)
    moment = now()
    for payout, line in matched:
        line.payout, line.matched_at = payout, moment
    BankLine.objects.bulk_update([line for _, line in matched], ["payout", "matched_at"])
    return len(matched)


def pairs(payouts: Sequence[Payout], lines: Sequence[BankLine]) -> list[tuple[Payout, BankLine]]:
    """Payouts and lines that point at each other and at nothing else.

    A line that names Stripe is taken before one that does not. Two ways to match are no match: a
    person chooses.
    """
    by_amount: dict[tuple[str, int], list[BankLine]] = defaultdict(list)
    for line in lines:
        by_amount[line.currency, line.amount_minor].append(line)
    wanted: dict[int, list[BankLine]] = {}
    claims: Counter[int] = Counter()
    for at, payout in enumerate(payouts):
        near = [
            line
            for line in by_amount[payout.currency, payout.amount_minor]
            if abs(line.booked_on - payout.arrives_on) <= WINDOW
        ]
        wanted[at] = [line for line in near if names_stripe(line)] or near
        claims.update(id(line) for line in wanted[at])
    return [
        (payouts[at], found[0])
        for at, found in wanted.items()
        if len(found) == 1 and claims[id(found[0])] == 1
    ]


def names_stripe(line: BankLine) -> bool:
    """Whether the bank's own words say that the money came from Stripe."""
    return STRIPE in f"{line.reference} {line.description}".lower()


def payouts_unmatched() -> QuerySet[Payout]:
    """Payouts that the bank should show and no line was found for."""
    return Payout.objects.filter(status=PayoutStatus.PAID, bank_line=None)


def candidates(payout: Payout) -> list[BankLine]:
    """Free lines of the same amount that a person may choose from, the nearest day first."""
    found = BankLine.objects.filter(
        payout=None,
        currency=payout.currency,
        amount_minor=payout.amount_minor,
        booked_on__range=(
            payout.arrives_on - WINDOW_OF_PEOPLE,
            payout.arrives_on + WINDOW_OF_PEOPLE,
        ),
    )
    return sorted(found, key=lambda line: abs(line.booked_on - payout.arrives_on))


@transaction.atomic
def bank_line_match(*, line_id: int, payout_id: int, actor: User) -> None:
    """A person's choice. Refused when either is taken, or the amounts differ."""
    turn_take(_LOCK)
    line = BankLine.objects.select_for_update().get(pk=line_id)
    payout = Payout.objects.select_for_update().get(pk=payout_id)
    if line.payout_id or BankLine.objects.filter(payout=payout).exists():
        raise MoveRefused("This payout or this bank line is matched already. Nothing was changed.")
    if (line.amount_minor, line.currency) != (payout.amount_minor, payout.currency):
        raise MoveRefused("The payout and the bank line have other amounts. Nothing was changed.")
    line.payout, line.matched_by, line.matched_at = payout, actor, now()
    line.save()
    _audit("bank_line.matched", payout, line, actor)


@transaction.atomic
def bank_line_release(*, line_id: int, actor: User) -> None:
    """Undo a match; both are free again. Safe to call twice."""
    line = BankLine.objects.select_for_update(of=("self",)).select_related("payout").get(pk=line_id)
    if not line.payout:
        return
    payout = line.payout
    line.payout, line.matched_by, line.matched_at = None, None, None
    line.save()
    _audit("bank_line.released", payout, line, actor)


def _audit(action: str, payout: Payout, line: BankLine, actor: User) -> None:
    subject = f"payout:{payout.stripe_payout_id}"[:80]
    audit_record(action=action, subject=subject, actor=actor, bank_line=line.pk)


def bank_statement_ends_on() -> date | None:
    """The last day that any imported statement shows."""
    last: date | None = BankLine.objects.aggregate(last=Max("booked_on"))["last"]
    return last


def bank_lines_of_stripe_unmatched() -> list[BankLine]:
    """Lines that name Stripe and are no payout of ours: a person should look."""
    named = BankLine.objects.filter(payout=None, reference__icontains=STRIPE) | (
        BankLine.objects.filter(payout=None, description__icontains=STRIPE)
    )
    return list(named.order_by("-booked_on", "-id")[:200])
