"""A charity's past in bulk, by SQL: gifts with fees, paid out in batches, all of it in balanced books."""

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
from django.db import connection

PAYOUT_GIFTS = 500
FEE = "(20 + d.amount_minor * 15 / 1000)"

_STEPS = (
    """INSERT INTO api_donor (reference, name, email, email_key, name_key, phone, line1, line2, city,
                              postcode, country, created_at)
       VALUES (%(mark)s, 'Ben Okafor', 'ben@example.org', 'ben@example.org', %(mark)s, '', '', '', '',
               '', 'GB', now())""",
    """INSERT INTO api_donation (reference, kind, donor_id, fund_id, amount_minor, fee_cover_minor,
                                 currency, is_anonymous, message, status, failure_code,
                                 request_fingerprint, stripe_payment_intent_id, created_at, settled_at)
       SELECT %(mark)s || n, 'one_off', (SELECT id FROM api_donor WHERE reference = %(mark)s),
              (SELECT min(id) FROM api_fund), 500 + (n::bigint * 7919) %% 20000, 0, 'GBP', false, '',
              'succeeded', '', '', 'pi_' || %(mark)s || n, moment, moment
         FROM generate_series(1, %(count)s) AS n,
              LATERAL (SELECT now() - make_interval(mins => n::int %% 40000) AS moment) AS time""",
    """INSERT INTO api_payment (donation_id, amount_minor, currency, fee_minor, method,
                                stripe_payment_intent_id, stripe_charge_id, received_at)
       SELECT d.id, d.amount_minor, 'GBP', {fee}, 'Visa card ending 4242',
              d.stripe_payment_intent_id, 'ch_' || d.reference, d.settled_at FROM {gifts}""",
    """INSERT INTO api_payout (stripe_payout_id, amount_minor, currency, status, is_automatic,
                               arrives_on, failure_code, made_at, lines_read_at)
       SELECT 'po_' || %(mark)s || batch, sum(amount_minor - fee), 'GBP', 'paid', true,
              current_date, '', now() - interval '1 day', now()
         FROM (SELECT d.amount_minor, {fee} AS fee, {batch} AS batch FROM {gifts}) AS gift
        GROUP BY batch""",
    """INSERT INTO api_balancetransaction (stripe_balance_transaction_id, type, source_id,
              stripe_payment_intent_id, amount_minor, fee_minor, net_minor, currency,
              source_amount_minor, source_currency, donation_id, payout_id, available_at, made_at,
              posted_at)
       SELECT 'txn_' || d.reference, 'charge', 'ch_' || d.reference, d.stripe_payment_intent_id,
              d.amount_minor, {fee}, d.amount_minor - {fee}, 'GBP', d.amount_minor, 'GBP', d.id,
              (SELECT id FROM api_payout WHERE stripe_payout_id = 'po_' || %(mark)s || {batch}),
              d.settled_at, d.settled_at, now() FROM {gifts}""",
    """INSERT INTO api_balancetransaction (stripe_balance_transaction_id, type, source_id,
              stripe_payment_intent_id, amount_minor, fee_minor, net_minor, currency,
              source_amount_minor, source_currency, moved_payout_id, available_at, made_at, posted_at)
       SELECT 'txn_' || p.stripe_payout_id, 'payout', p.stripe_payout_id, '', -p.amount_minor, 0,
              -p.amount_minor, 'GBP', -p.amount_minor, 'GBP', p.id, p.made_at, p.made_at, now()
         FROM {payouts}""",
    """INSERT INTO api_ledgerposting (name, donation_id, posted_at)
       SELECT 'donation-' || d.id || '-settled', d.id, now() FROM {gifts}""",
    """INSERT INTO api_ledgerposting (name, donation_id, posted_at)
       SELECT 'stripe-txn_' || d.reference, d.id, now() FROM {gifts}""",
    """INSERT INTO api_ledgerposting (name, payout_id, posted_at)
       SELECT prefix || p.stripe_payout_id || suffix, p.id, now()
         FROM {payouts}, (VALUES ('payout-', ''), ('payout-', '-paid'), ('stripe-txn_', ''))
              AS part (prefix, suffix)""",
    """INSERT INTO api_ledgerentry (posting_id, account, fund_id, amount_minor, currency)
       SELECT o.id, line.account, d.fund_id, line.amount, 'GBP' FROM {gifts}
         JOIN api_ledgerposting AS o ON o.donation_id = d.id,
              LATERAL (VALUES
                  (true, 'stripe_clearing', d.amount_minor), (true, 'donation_income', -d.amount_minor),
                  (false, 'stripe_balance', d.amount_minor - {fee}), (false, 'stripe_fees', {fee}),
                  (false, 'stripe_clearing', -d.amount_minor)) AS line (is_settled, account, amount)
        WHERE line.is_settled = (o.name LIKE 'donation-%%')""",
    """INSERT INTO api_ledgerentry (posting_id, account, amount_minor, currency)
       SELECT o.id, line.account, line.amount, 'GBP' FROM {payouts}
         JOIN api_ledgerposting AS o ON o.payout_id = p.id,
              LATERAL (VALUES
                  ('', 'payouts_in_transit', p.amount_minor), ('', 'stripe_clearing', -p.amount_minor),
                  ('-paid', 'bank', p.amount_minor), ('-paid', 'payouts_in_transit', -p.amount_minor),
                  ('txn', 'stripe_clearing', p.amount_minor), ('txn', 'stripe_balance', -p.amount_minor))
                  AS line (part, account, amount)
        WHERE line.part = CASE WHEN o.name LIKE 'stripe-%%' THEN 'txn'
                               WHEN o.name LIKE '%%-paid' THEN '-paid' ELSE '' END""",
    "ANALYZE",
)


def history_make(count: int) -> None:
    """Write `count` settled gifts and their payouts. The triggers are off meanwhile: it is what they would allow."""
    mark = f"H{secrets.token_hex(3).upper()}"
    values: dict[str, str | int] = {"mark": mark, "count": count}
    gifts = "(SELECT * FROM api_donation WHERE reference LIKE %(mark)s || '%%') AS d"
    payouts = (
        "(SELECT * FROM api_payout WHERE stripe_payout_id LIKE 'po_' || %(mark)s || '%%') AS p"
    )
    batch = f"(substr(d.reference, {len(mark) + 1})::bigint / {PAYOUT_GIFTS})"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for step in _STEPS:
            cursor.execute(step.format(fee=FEE, gifts=gifts, payouts=payouts, batch=batch), values)
        cursor.execute("SET session_replication_role = DEFAULT")


def statement(page: int = 1000) -> Iterator[list[dict[str, Any]]]:
    """Stripe's side of that past: pages of its statement, as its list would give them."""
    # A connection of its own: the comparison's own one is busy with taking these lines in.
    with (
        psycopg.connect(**connection.get_connection_params()) as own,
        own.cursor("statement") as cursor,
    ):
        cursor.execute(
            """SELECT stripe_balance_transaction_id, amount_minor, fee_minor, net_minor, currency
                 FROM api_balancetransaction ORDER BY id"""
        )
        while rows := cursor.fetchmany(page):
            yield [
                {"id": name, "amount": amount, "fee": fee, "net": net, "currency": currency.lower()}
                for name, amount, fee, net, currency in rows
            ]
