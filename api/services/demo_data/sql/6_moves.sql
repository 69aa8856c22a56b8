-- Money that moved after the gifts: refunds, disputes, payouts; each is a line of Stripe's statement and,
-- as its event told us, a posting of our own (services/refunds.py, disputes.py, payouts.py).
INSERT INTO api_refund (reference, donation_id, amount_minor, currency, status, reason, note, failure_reason,
                        stripe_refund_id, created_at)
SELECT demo.reference(demo.letters(n, 'refund')), %(gift_base)s + n, refund, 'GBP', 'succeeded',
       (ARRAY['requested_by_customer', 'duplicate', 'fraudulent'])[
           1 + width_bucket(demo.chance(n, 'reason'), ARRAY[0.66, 0.95]::double precision[])],
       (ARRAY['Typed one nought too many.', 'Gave twice: the page was slow.', 'Card was used without leave.'])[
           1 + width_bucket(demo.chance(n, 'reason'), ARRAY[0.66, 0.95]::double precision[])],
       '', 're_3' || right(demo.letters(n, 'refund'), 23), refunded_at
  FROM demo.gift WHERE refunded_at IS NOT NULL ORDER BY refunded_at;

INSERT INTO api_dispute (donation_id, amount_minor, currency, status, reason, evidence_due_at, stripe_dispute_id, opened_at)
SELECT %(gift_base)s + n, amount + cover, 'GBP',
       CASE WHEN decided_at IS NOT NULL THEN CASE WHEN is_lost THEN 'lost' ELSE 'won' END
            WHEN disputed_at > %(until)s - interval '9 days' THEN 'needs_response' ELSE 'under_review' END,
       (ARRAY['fraudulent', 'unrecognized', 'duplicate', 'general'])[
           1 + width_bucket(demo.chance(n, 'reason'), ARRAY[0.6, 0.85, 0.93]::double precision[])],
       disputed_at + interval '9 days', 'du_3' || right(demo.letters(n, 'dispute'), 23), disputed_at
  FROM demo.gift WHERE disputed_at IS NOT NULL ORDER BY disputed_at;

-- `amount` is Stripe's: negative when money left us. `account` is what stands against the clearing account.
CREATE UNLOGGED TABLE demo.move AS
SELECT row_number() OVER (ORDER BY at, txn) AS number, moved.*, payday.payout_id
  FROM (SELECT n, fund_id, 'refund' AS type, 're_3' || right(demo.letters(n, 'refund'), 23) AS source_id, letters,
               -refund AS amount, 0 AS fee, 'refunds' AS account, refunded_at AS at,
               'refund-re_3' || right(demo.letters(n, 'refund'), 23) AS event,
               'txn_3' || right(demo.letters(n, 'refund'), 23) AS txn
          FROM demo.gift WHERE refunded_at IS NOT NULL
         UNION ALL
        SELECT n, fund_id, 'adjustment', 'du_3' || right(demo.letters(n, 'dispute'), 23), letters,
               side.sign * (amount + cover), side.fee, 'disputes', side.at,
               'dispute-' || side.txn || right(demo.letters(n, 'dispute'), 23),
               side.txn || right(demo.letters(n, 'dispute'), 23)
          FROM demo.gift, LATERAL (VALUES (-1, 2000, disputed_at, 'txn_3'),
                                          (1, 0, CASE WHEN NOT is_lost THEN decided_at END, 'txn_4')
                                  ) AS side (sign, fee, at, txn)
         WHERE disputed_at IS NOT NULL AND side.at IS NOT NULL) AS moved
  LEFT JOIN demo.payday AS payday ON payday.day = (at AT TIME ZONE 'UTC')::date;

INSERT INTO api_balancetransaction (stripe_balance_transaction_id, type, source_id, stripe_payment_intent_id,
                                    amount_minor, fee_minor, net_minor, currency, source_amount_minor,
                                    source_currency, donation_id, payout_id, available_at, made_at, posted_at)
SELECT txn, type, source_id, 'pi_3' || right(letters, 23), amount, fee, amount - fee, 'GBP', amount, 'GBP',
       %(gift_base)s + n, payout_id, at, at, at + interval '2 minutes'
  FROM demo.move ORDER BY number;

-- A payout is the sum of its lines.
INSERT INTO api_payout (id, stripe_payout_id, amount_minor, currency, status, is_automatic, arrives_on, failure_code,
                        made_at, lines_read_at)
SELECT payout_id, 'po_1' || right(demo.letters(payout_id, 'payout'), 23), net, 'GBP',
       CASE WHEN arrives_on <= %(today)s THEN 'paid' ELSE 'in_transit' END, true, arrives_on, '',
       made_at, made_at + interval '20 minutes'
  FROM (SELECT payout_id, sum(net_minor) AS net FROM api_balancetransaction
         WHERE payout_id > %(payout_base)s GROUP BY payout_id HAVING sum(net_minor) <> 0) AS batch
  JOIN (SELECT payout_id, (max(payday.day) + time '02:15') AT TIME ZONE 'UTC' AS made_at,
               max(payday.day) + CASE WHEN extract(isodow FROM max(payday.day)) > 3 THEN 4 ELSE 2 END AS arrives_on
          FROM demo.payday GROUP BY payout_id) AS made USING (payout_id)
 ORDER BY payout_id;
UPDATE api_balancetransaction SET payout_id = NULL
 WHERE payout_id > %(payout_base)s AND NOT EXISTS (SELECT FROM api_payout WHERE id = payout_id);

INSERT INTO demo.move (number, type, source_id, amount, fee, account, at, event, txn, payout_id)
SELECT (SELECT count(*) FROM demo.move) + row_number() OVER (ORDER BY id), 'payout', stripe_payout_id, -amount_minor, 0,
       'payouts_in_transit', made_at, 'payout-' || stripe_payout_id, 'txn_1' || right(stripe_payout_id, 23), id
  FROM api_payout WHERE id > %(payout_base)s;
INSERT INTO api_balancetransaction (stripe_balance_transaction_id, type, source_id, stripe_payment_intent_id,
                                    amount_minor, fee_minor, net_minor, currency, source_amount_minor,
                                    source_currency, moved_payout_id, available_at, made_at, posted_at)
SELECT txn, type, source_id, '', amount, 0, amount, 'GBP', amount, 'GBP', payout_id, at, at, at + interval '2 minutes'
  FROM demo.move WHERE type = 'payout' ORDER BY number;

INSERT INTO api_ledgerposting (id, name, donation_id, payout_id, posted_at)
SELECT %(moved_base)s + 2 * number + posting.place, posting.name, %(gift_base)s + n,
       CASE WHEN n IS NULL THEN payout_id END, at + posting.after
  FROM demo.move, LATERAL (VALUES (-1, event, interval '0'), (0, 'stripe-' || txn, interval '2 minutes')
                          ) AS posting (place, name, after);
INSERT INTO api_ledgerentry (posting_id, account, fund_id, amount_minor, currency)
SELECT %(moved_base)s + 2 * number + line.place, line.account, fund_id, line.amount, 'GBP'
  FROM demo.move, LATERAL (VALUES (-1, 'stripe_clearing', amount), (-1, demo.move.account, -amount),
                                  (0, 'stripe_balance', amount - fee), (0, 'stripe_fees', fee),
                                  (0, 'stripe_clearing', -amount)) AS line (place, account, amount)
 WHERE line.amount <> 0;

-- What has arrived is in the bank, and on its statement; the newest lines are not imported yet.
INSERT INTO api_ledgerposting (id, name, payout_id, posted_at)
SELECT %(paid_base)s + id - %(payout_base)s, 'payout-' || stripe_payout_id || '-paid', id,
       (arrives_on + time '06:00') AT TIME ZONE 'UTC'
  FROM api_payout WHERE id > %(payout_base)s AND status = 'paid';
INSERT INTO api_ledgerentry (posting_id, account, amount_minor, currency)
SELECT %(paid_base)s + id - %(payout_base)s, line.account, line.amount, 'GBP'
  FROM api_payout, LATERAL (VALUES ('payouts_in_transit', -amount_minor), ('bank', amount_minor)) AS line (account, amount)
 WHERE id > %(payout_base)s AND status = 'paid';
INSERT INTO api_bankline (account, booked_on, amount_minor, currency, reference, number, description, file_name,
                          imported_at, payout_id, matched_at)
SELECT '40-12-76 31926819', arrives_on, amount_minor, 'GBP', 'STRIPE ' || upper(right(stripe_payout_id, 8)), 1,
       'STRIPE PAYMENTS UK LTD', 'statement-' || to_char(arrives_on, 'YYYY-MM') || '.ofx',
       date_trunc('month', arrives_on) + interval '1 month 3 days', id, date_trunc('month', arrives_on) + interval '1 month 3 days'
  FROM api_payout
 WHERE id > %(payout_base)s AND status = 'paid' AND arrives_on < date_trunc('month', %(today)s::date) - interval '3 days';
