-- What became of monthly gifts that failed: won back, let go after 27 days or with their plan, or still open.
-- Open ones wait for no step: Stripe knows nothing of their bills.
CREATE UNLOGGED TABLE demo.recovery AS
SELECT failed.*, CASE WHEN settled_at IS NOT NULL THEN 'recovered'
                      WHEN closed_at <= %(until)s THEN 'lost' ELSE 'open' END AS state
  FROM (SELECT n, p, settled_at, amount + cover AS total_minor, letters, opened_at,
               coalesce(nullif(failure, ''), 'insufficient_funds') AS reason,
               coalesce(settled_at, greatest(opened_at, least(plan.cancelled_at, opened_at + interval '27 days'))) AS closed_at
          FROM (SELECT *, least(%(until)s, moment + CASE WHEN fate = 'failed' AND way = 3 THEN interval '4 days'
                                                         ELSE interval '3 seconds' END) AS opened_at
                  FROM demo.gift WHERE p > 0 AND k > 0 AND fate IN ('failed', 'recovered')) AS gift
          JOIN api_subscription AS plan ON plan.id = %(plan_base)s + p) AS failed;

INSERT INTO api_recovery (reference, subscription_id, donation_id, stripe_invoice_id, amount_minor, currency, state, reason,
                          "group", policy, is_held, next_deed, steps_done, opened_at, closed_at, recovered_by)
SELECT demo.reference(demo.letters(n, 'recovery')), %(plan_base)s + p, %(gift_base)s + n, 'in_1' || right(letters, 23),
       total_minor, 'GBP', state, reason,
       CASE reason WHEN 'insufficient_funds' THEN 'funds' WHEN 'authentication_required' THEN 'authentication'
                   WHEN 'expired_card' THEN 'expired' WHEN 'debit_not_authorized' THEN 'debit'
                   WHEN 'account_closed' THEN 'debit' ELSE 'unknown' END,
       'Standard', true, '', 0, opened_at, CASE WHEN state <> 'open' THEN closed_at END,
       CASE WHEN state = 'recovered' THEN (ARRAY['retry', 'donor', 'other'])[1 + width_bucket(
            demo.chance(n, 'won by'), ARRAY[0.62, 0.93]::double precision[])] ELSE '' END
  FROM demo.recovery;

INSERT INTO api_donationmove (donation_id, from_status, to_status, why, at)
SELECT %(gift_base)s + n, 'failed', 'cancelled', 'evt_3' || right(demo.letters(n, 'let go'), 23), closed_at
  FROM demo.recovery WHERE state = 'lost' ORDER BY closed_at, n;

UPDATE api_donation AS gift SET status = 'cancelled', failure_code = '', stripe_event_at = closed_at
  FROM demo.recovery WHERE gift.id = %(gift_base)s + n AND state = 'lost';
