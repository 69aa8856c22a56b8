-- From the gifts of one stretch of time: the rows that the product would have written, books included.
INSERT INTO api_donation (id, reference, kind, donor_id, fund_id, subscription_id, campaign_id, amount_minor,
                          fee_cover_minor, currency, is_anonymous, message, status, failure_code,
                          request_fingerprint, stripe_payment_intent_id, stripe_invoice_id, stripe_event_at,
                          created_at, settled_at)
SELECT %(gift_base)s + n, demo.reference(letters), CASE WHEN p > 0 THEN 'monthly' ELSE 'one_off' END, donor_id, fund_id,
       CASE WHEN p > 0 THEN %(plan_base)s + p END, campaign_id, amount, cover, 'GBP', demo.chance(n, 'anonymous') < 0.05,
       CASE WHEN k = 0 AND demo.chance(n, 'writes') < 0.05 THEN
            (%(messages)s::text[])[1 + floor(demo.chance(n, 'message') * array_length(%(messages)s::text[], 1))::integer]
            ELSE '' END,
       status, failure, '', 'pi_3' || right(letters, 23), CASE WHEN p > 0 THEN 'in_1' || right(letters, 23) END,
       CASE WHEN status <> 'created' THEN coalesce(settled_at, moment) END, moment, settled_at
  FROM demo.gift WHERE n BETWEEN %(from)s AND %(to)s;

-- Each kind of step by itself, in the order in which a gift goes through them.
INSERT INTO api_donationmove (donation_id, from_status, to_status, why, at)
WITH stretch AS MATERIALIZED (
    SELECT %(gift_base)s + n AS id, 'evt_3' || right(letters, 23) AS why, status, fate, way, moment, settled_at,
           refunded_at, disputed_at, decided_at, is_lost, moment + interval '3 seconds' AS soon,
           fate = 'paid' AND way < 3 AND k = 0 AND demo.chance(n, 'secure') < 0.2 AS is_secured
      FROM demo.gift WHERE n BETWEEN %(from)s AND %(to)s AND status <> 'created')
SELECT id, 'created', 'requires_action', why, soon FROM stretch WHERE is_secured OR status = 'requires_action'
 UNION ALL
SELECT id, 'created', 'processing', why, soon FROM stretch WHERE way = 3 AND fate IN ('paid', 'failed')
 UNION ALL
SELECT id, 'created', 'failed', why, soon FROM stretch WHERE fate = 'recovered' OR fate = 'failed' AND way <> 3
 UNION ALL
SELECT id, 'processing', 'failed', why, least(%(until)s, moment + interval '4 days') FROM stretch WHERE fate = 'failed' AND way = 3
 UNION ALL
SELECT id, 'created', 'cancelled', why, moment + interval '20 minutes' FROM stretch WHERE status = 'cancelled'
 UNION ALL
SELECT id, CASE WHEN is_secured THEN 'requires_action' WHEN fate = 'recovered' THEN 'failed'
                WHEN way = 3 THEN 'processing' ELSE 'created' END, 'succeeded', why, settled_at
  FROM stretch WHERE settled_at IS NOT NULL
 UNION ALL
SELECT id, 'succeeded', status, why, refunded_at FROM stretch WHERE refunded_at IS NOT NULL
 UNION ALL
SELECT id, 'succeeded', 'disputed', why, disputed_at FROM stretch WHERE disputed_at IS NOT NULL
 UNION ALL
SELECT id, 'disputed', CASE WHEN is_lost THEN 'charged_back' ELSE 'succeeded' END, why, decided_at
  FROM stretch WHERE decided_at IS NOT NULL;

INSERT INTO api_payment (donation_id, amount_minor, currency, fee_minor, method, method_kind,
                         stripe_payment_intent_id, stripe_charge_id, received_at)
SELECT %(gift_base)s + n, amount + cover, 'GBP', fee,
       way.label || CASE WHEN way.has_ending THEN ' ending ' || ending ELSE '' END, way.kind,
       'pi_3' || right(letters, 23), 'ch_3' || right(letters, 23), settled_at
  FROM demo.gift JOIN demo.way AS way USING (way)
 WHERE n BETWEEN %(from)s AND %(to)s AND settled_at IS NOT NULL;

INSERT INTO api_balancetransaction (stripe_balance_transaction_id, type, source_id, stripe_payment_intent_id,
                                    amount_minor, fee_minor, net_minor, currency, source_amount_minor,
                                    source_currency, donation_id, payout_id, available_at, made_at, posted_at)
SELECT 'txn_3' || right(letters, 23), CASE way WHEN 3 THEN 'payment' ELSE 'charge' END, 'ch_3' || right(letters, 23),
       'pi_3' || right(letters, 23), amount + cover, fee, amount + cover - fee, 'GBP', amount + cover, 'GBP',
       %(gift_base)s + n, payday.payout_id,
       available.day::timestamp AT TIME ZONE 'UTC', settled_at, settled_at + interval '2 minutes'
  FROM demo.gift, LATERAL (SELECT (settled_at AT TIME ZONE 'UTC')::date + 3 AS day) AS available
  LEFT JOIN demo.payday AS payday ON payday.day = available.day
 WHERE n BETWEEN %(from)s AND %(to)s AND settled_at IS NOT NULL;

INSERT INTO api_ledgerposting (id, name, donation_id, posted_at)
SELECT %(posting_base)s + 2 * n + posting.place, posting.name, %(gift_base)s + n, posting.at
  FROM demo.gift, LATERAL (VALUES (-1, 'donation-' || %(gift_base)s + n || '-settled', settled_at),
                                  (0, 'stripe-txn_3' || right(letters, 23), settled_at + interval '2 minutes')
                          ) AS posting (place, name, at)
 WHERE n BETWEEN %(from)s AND %(to)s AND settled_at IS NOT NULL;

INSERT INTO api_ledgerentry (posting_id, account, fund_id, amount_minor, currency)
SELECT %(posting_base)s + 2 * n + line.place, line.account, fund_id, line.amount, 'GBP'
  FROM demo.gift, LATERAL (VALUES (-1, 'stripe_clearing', amount + cover), (-1, 'donation_income', -amount - cover),
                                  (0, 'stripe_balance', amount + cover - fee), (0, 'stripe_fees', fee),
                                  (0, 'stripe_clearing', -amount - cover)) AS line (place, account, amount)
 WHERE n BETWEEN %(from)s AND %(to)s AND settled_at IS NOT NULL;
