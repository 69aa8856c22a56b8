"""Our books against Stripe's statement, both ways, to the penny: each difference is named with what to do.

Stripe's lines are copied into a temporary table, so that any number of them is compared by a few
queries in constant memory.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from api.clock import now
from api.models import (
    AlertKind,
    BalanceTransaction,
    Difference,
    DifferenceKind,
    Reconciliation,
    ReconciliationStage,
)
from api.money import money_text
from api.services.alerts import alert_close, alert_open
from api.services.gateways.stripe import balance_read, list_pages

Page = Sequence[dict[str, Any]]

_K = DifferenceKind
_ADVICE = {
    _K.NOT_HERE: "Run `manage.py mend_gaps`; if it stays, send this id to the engineer.",
    _K.NOT_AT_STRIPE: "Look for the id in Stripe's Dashboard; a line is never taken off a real statement.",
    _K.LINE_DIFFERS: "Trust Stripe's figure; ask the engineer how the line came to be changed here.",
    _K.UNKNOWN_MONEY: "Not made by this site: run `manage.py backfill_donations`, or leave it if it is not a gift.",
    _K.GIFT_UNEXPLAINED: "Open the gift's page: what Stripe moved and what its events said are listed there.",
    _K.PAYOUT_UNEXPLAINED: "Open the payout's page and compare it with Stripe's Dashboard.",
    _K.STATUS_DIFFERS: "Open the gift's page; its status was changed outside the system.",
    _K.BALANCE_DIFFERS: "A line from before this period is missing: compare again with an earlier --from.",
}


def reconcile(
    *,
    begins_at: datetime,
    ends_at: datetime,
    lines: Iterable[Page] | None = None,
    run: Reconciliation | None = None,
) -> Reconciliation:
    """Compare a period. `lines` are pages of Stripe's statement; asked from Stripe when not given.

    They are taken in while the database's connection is busy: making them must not need it.
    `run` is the row to write into: a new one when not given; what it held before is replaced.
    """
    if run is None:
        return _reconcile_anew(begins_at, ends_at, lines)
    pages = lines if lines is not None else _statement(begins_at, ends_at)
    with transaction.atomic(), connection.cursor() as cursor:
        run.lines = _copy(cursor, pages)
        # Stripe's times are whole seconds: cut in the middle of one, each side would see another line.
        window = {
            "begins": begins_at.replace(microsecond=0),
            "ends": ends_at.replace(microsecond=0),
            "until": ends_at,  # Our own gifts have finer times, and those of this second count too.
        }
        found = [
            difference
            for kind, query in _QUERIES
            for difference in _differences(cursor, kind, query, window)
        ]
        run.totals = _totals(cursor, window)
    if lines is None and ends_at >= run.started_at:
        found += _balance_differences(found)
    for difference in found:
        difference.reconciliation = run
    with transaction.atomic():
        run.differences.all().delete()
        Difference.objects.bulk_create(found, batch_size=1000)
        run.stage, run.finished_at = ReconciliationStage.FINISHED, now()
        run.save()
        if found:
            alert_open(AlertKind.DIFFERENCES)
        else:
            alert_close(AlertKind.DIFFERENCES)
    return run


def _reconcile_anew(
    begins_at: datetime, ends_at: datetime, lines: Iterable[Page] | None
) -> Reconciliation:
    """In a row of its own, which says so when the comparison could not be finished."""
    run = Reconciliation.objects.create(
        begins_at=begins_at, ends_at=ends_at, stage=ReconciliationStage.COMPARING
    )
    try:
        return reconcile(begins_at=begins_at, ends_at=ends_at, lines=lines, run=run)
    except Exception as error:
        run.stage, run.error = ReconciliationStage.FAILED, f"{type(error).__name__}: {error}"[:300]
        run.finished_at = now()
        run.save()
        raise


def _statement(begins_at: datetime, ends_at: datetime) -> Iterable[Page]:
    window = {"gte": int(begins_at.timestamp()), "lt": int(ends_at.timestamp())}
    return list_pages("/v1/balance_transactions", created=window)


def _copy(cursor: Any, pages: Iterable[Page]) -> int:
    cursor.execute(
        """CREATE TEMPORARY TABLE stripe_line (
               id text PRIMARY KEY, amount bigint, fee bigint, net bigint, currency text
           ) ON COMMIT DROP"""
    )
    count = 0
    with cursor.copy("COPY stripe_line FROM STDIN") as copy:
        for page in pages:
            for line in page:
                copy.write_row(
                    (line["id"], line["amount"], line["fee"], line["net"], line["currency"].upper())
                )
                count += 1
    cursor.execute("ANALYZE stripe_line")
    return count


# Each gives: subject, donation, payout, amount, currency, explanation.
_IN_PERIOD = "made_at >= %(begins)s AND made_at < %(ends)s"
_QUERIES: tuple[tuple[DifferenceKind, str], ...] = (
    (
        _K.NOT_HERE,
        """SELECT theirs.id, NULL, NULL, theirs.net, theirs.currency,
                  'Stripe moved this; we have no such line'
             FROM stripe_line AS theirs
            WHERE NOT EXISTS (SELECT FROM api_balancetransaction AS ours
                               WHERE ours.stripe_balance_transaction_id = theirs.id)""",
    ),
    (
        _K.NOT_AT_STRIPE,
        f"""SELECT ours.stripe_balance_transaction_id, ours.donation_id, ours.moved_payout_id,
                  ours.net_minor, ours.currency, 'We have this line; Stripe does not list it'
             FROM api_balancetransaction AS ours
            WHERE {_IN_PERIOD}
              AND NOT EXISTS (SELECT FROM stripe_line AS theirs
                               WHERE theirs.id = ours.stripe_balance_transaction_id)""",  # noqa: S608
    ),
    (
        _K.LINE_DIFFERS,
        """SELECT ours.stripe_balance_transaction_id, ours.donation_id, ours.moved_payout_id,
                  theirs.net - ours.net_minor, ours.currency,
                  concat('Stripe: amount ', theirs.amount, ', fee ', theirs.fee, ' ', theirs.currency,
                         '; here: amount ', ours.amount_minor, ', fee ', ours.fee_minor, ' ',
                         ours.currency, ' (minor units)')
             FROM api_balancetransaction AS ours
             JOIN stripe_line AS theirs ON theirs.id = ours.stripe_balance_transaction_id
            WHERE (theirs.amount, theirs.fee, theirs.net, theirs.currency)
                  <> (ours.amount_minor, ours.fee_minor, ours.net_minor, ours.currency)""",
    ),
    (
        _K.UNKNOWN_MONEY,
        f"""SELECT ours.stripe_balance_transaction_id, NULL, NULL, ours.net_minor, ours.currency,
                  concat('A ', ours.type, ' (', ours.source_id, ') that is in no gift or payout of ours')
             FROM api_balancetransaction AS ours
            WHERE ours.posted_at IS NULL AND {_IN_PERIOD}""",  # noqa: S608
    ),
    (
        _K.GIFT_UNEXPLAINED,
        """SELECT donation.reference, donation.id, NULL, open.total, open.currency,
                  CASE WHEN donation.settled_at IS NULL
                       THEN 'Stripe has its money; it is not paid here'
                       WHEN NOT EXISTS (SELECT FROM api_balancetransaction AS line
                                         WHERE line.donation_id = donation.id)
                       THEN 'Paid here, but not on Stripe''s statement'
                       ELSE 'What its events said and what Stripe moved differ' END
             FROM (SELECT posting.donation_id, entry.currency, sum(entry.amount_minor) AS total
                     FROM api_ledgerentry AS entry
                     JOIN api_ledgerposting AS posting ON posting.id = entry.posting_id
                    WHERE entry.account = 'stripe_clearing' AND posting.donation_id IS NOT NULL
                    GROUP BY posting.donation_id, entry.currency
                   HAVING sum(entry.amount_minor) <> 0) AS open
             JOIN api_donation AS donation ON donation.id = open.donation_id
            WHERE donation.settled_at < %(until)s
               OR (donation.settled_at IS NULL  -- Not of a debit that the bank has yet to answer.
                   AND EXISTS (SELECT FROM api_balancetransaction AS line
                                WHERE line.donation_id = donation.id
                                  AND line.available_at < least(%(until)s, now())))""",
    ),
    (
        _K.PAYOUT_UNEXPLAINED,
        """SELECT payout.stripe_payout_id, NULL, payout.id, open.total, payout.currency,
                  'What its events said and what Stripe moved differ'
             FROM (SELECT posting.payout_id, sum(entry.amount_minor) AS total
                     FROM api_ledgerentry AS entry
                     JOIN api_ledgerposting AS posting ON posting.id = entry.posting_id
                    WHERE entry.account = 'stripe_clearing' AND posting.payout_id IS NOT NULL
                    GROUP BY posting.payout_id HAVING sum(entry.amount_minor) <> 0) AS open
             JOIN api_payout AS payout ON payout.id = open.payout_id
            WHERE payout.made_at < %(ends)s
            UNION ALL
           SELECT payout.stripe_payout_id, NULL, payout.id,
                  payout.amount_minor - coalesce(sum(line.net_minor), 0), payout.currency,
                  'The gifts in it do not sum to its amount'
             FROM api_payout AS payout
             LEFT JOIN api_balancetransaction AS line ON line.payout_id = payout.id
            WHERE payout.is_automatic AND payout.status = 'paid'
              AND payout.made_at >= %(begins)s AND payout.made_at < %(ends)s
            GROUP BY payout.id
           HAVING payout.amount_minor <> coalesce(sum(line.net_minor), 0)""",
    ),
    (
        _K.STATUS_DIFFERS,
        """SELECT donation.reference, donation.id, NULL, donation.amount_minor, donation.currency,
                  concat('Its status is ', donation.status, ', and its payment is ',
                         CASE WHEN payment.id IS NULL THEN 'not' ELSE '' END, ' in the books')
             FROM api_donation AS donation
             LEFT JOIN api_payment AS payment ON payment.donation_id = donation.id
            WHERE (payment.id IS NOT NULL) <> (donation.status IN
                  ('succeeded', 'part_refunded', 'refunded', 'disputed', 'charged_back'))
              AND donation.created_at < %(until)s
            UNION ALL
           SELECT donation.reference, donation.id, NULL, payment.amount_minor + income.total,
                  payment.currency, 'Its payment and its income in the books differ'
             FROM (SELECT posting.donation_id, sum(entry.amount_minor) AS total
                     FROM api_ledgerentry AS entry
                     JOIN api_ledgerposting AS posting ON posting.id = entry.posting_id
                    WHERE entry.account = 'donation_income'
                    GROUP BY posting.donation_id) AS income
             JOIN api_donation AS donation ON donation.id = income.donation_id
             JOIN api_payment AS payment ON payment.donation_id = donation.id
            WHERE payment.amount_minor <> -income.total AND donation.settled_at < %(until)s""",
    ),
)


def _differences(
    cursor: Any, kind: DifferenceKind, query: str, window: dict[str, datetime]
) -> list[Difference]:
    cursor.execute(query, window)
    return [
        Difference(
            kind=kind,
            subject=subject,
            donation_id=donation,
            payout_id=payout,
            amount_minor=amount,
            currency=currency,
            explanation=explanation[:300],
            advice=_ADVICE[kind],
        )
        for subject, donation, payout, amount, currency, explanation in cursor.fetchall()
    ]


def _totals(cursor: Any, window: dict[str, datetime]) -> dict[str, dict[str, int]]:
    """Per currency: what Stripe's statement of the period sums to, by kind of line."""
    cursor.execute(
        f"""SELECT currency, type, count(*), sum(amount_minor), sum(fee_minor), sum(net_minor)
              FROM api_balancetransaction WHERE {_IN_PERIOD} GROUP BY currency, type""",  # noqa: S608
        window,
    )
    totals: dict[str, dict[str, int]] = {}
    for currency, kind, count, amount, fee, net in cursor.fetchall():
        of = totals.setdefault(currency, {"net": 0, "fees": 0, "lines": 0})
        of[kind] = int(amount)
        of["fees"] += int(fee)
        of["net"] += int(net)
        of["lines"] += count
    return totals


def _balance_differences(found: Sequence[Difference]) -> list[Difference]:
    """What Stripe says that it holds now, against our lines of its statement and the differences in them."""
    ours: dict[str, int] = {}
    rows = BalanceTransaction.objects.values_list("currency").annotate(total=Sum("net_minor"))
    for currency, total in [*rows, *_explained(found)]:
        ours[currency] = ours.get(currency, 0) + total
    theirs = balance_read()
    return [
        Difference(
            kind=_K.BALANCE_DIFFERS,
            subject=f"balance {currency}",
            amount_minor=theirs.get(currency, 0) - ours.get(currency, 0),
            currency=currency,
            explanation=(
                f"Stripe holds {money_text(theirs.get(currency, 0), currency)}, "
                f"its statement sums to {money_text(ours.get(currency, 0), currency)}"
            ),
            advice=_ADVICE[_K.BALANCE_DIFFERS],
        )
        for currency in sorted(theirs.keys() | ours.keys())
        if theirs.get(currency, 0) != ours.get(currency, 0)
    ]


def _explained(found: Sequence[Difference]) -> list[tuple[str, int]]:
    """By how much our lines are off, as the differences already name it."""
    signs = {_K.NOT_HERE: 1, _K.LINE_DIFFERS: 1, _K.NOT_AT_STRIPE: -1}
    return [
        (one.currency, signs[DifferenceKind(one.kind)] * one.amount_minor)
        for one in found
        if one.kind in signs
    ]
