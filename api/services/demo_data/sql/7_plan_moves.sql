-- How plans moved: begun, failing, recovered, ended; what the product writes with each step (services/subscriptions.py).
-- A month that could not be taken makes a plan fail; money that came after it makes it well again.
CREATE UNLOGGED TABLE demo.plan_step AS
WITH failing AS MATERIALIZED (SELECT DISTINCT p FROM demo.gift WHERE p > 0 AND k > 0 AND fate IN ('failed', 'recovered')),
step AS (
    SELECT p, 0 AS place, 'active' AS to_status, gift.moment + interval '5 seconds' AS at
      FROM demo.gift AS gift JOIN demo.plan AS plan USING (p) WHERE k = 0 AND NOT is_refused
     UNION ALL
    SELECT p, 1 + 2 * k, 'past_due',
           least(%(until)s, moment + CASE WHEN fate = 'failed' AND way = 3 THEN interval '4 days' ELSE interval '3 seconds' END)
      FROM demo.gift WHERE p > 0 AND k > 0 AND fate IN ('failed', 'recovered')
     UNION ALL
    SELECT p, 2 + 2 * k, 'active', settled_at FROM demo.gift JOIN failing USING (p) WHERE k > 0 AND settled_at IS NOT NULL),
ended AS (
    SELECT plan.id, plan.id - %(plan_base)s AS p, plan.status, cancelled_at, created_at
      FROM api_subscription AS plan WHERE plan.id > %(plan_base)s AND plan.status <> 'incomplete'),
lasting AS (
    SELECT p, place, to_status, at FROM step JOIN ended USING (p) WHERE cancelled_at IS NULL OR at < cancelled_at),
whole AS (
    SELECT * FROM lasting
     UNION ALL
    SELECT p, 1000000, status,
           coalesce(cancelled_at, least(%(until)s, greatest(latest.at, created_at)
                    + CASE status WHEN 'unpaid' THEN interval '21 days' ELSE interval '9 days' END))
      FROM ended LEFT JOIN (SELECT p, max(at) AS at FROM lasting GROUP BY p) AS latest USING (p)
     WHERE status <> 'active')
SELECT p, place, at, to_status, coalesce(lag(to_status) OVER steps, 'incomplete') AS from_status
  FROM whole WINDOW steps AS (PARTITION BY p ORDER BY place);

INSERT INTO api_subscriptionmove (subscription_id, from_status, to_status, amount_minor, currency, why, at)
SELECT plan.id, from_status, to_status, plan.amount_minor + fee_cover_minor, currency,
       'evt_1' || right(demo.letters(p * 1000 + place, 'plan step'), 23), at
  FROM demo.plan_step JOIN api_subscription AS plan ON plan.id = %(plan_base)s + p
 WHERE from_status <> to_status
 ORDER BY at, p, place;

-- Whose last month is still being tried again is failing today.
UPDATE api_subscription AS plan SET status = 'past_due'
  FROM (SELECT DISTINCT ON (p) p, to_status FROM demo.plan_step ORDER BY p, place DESC) AS last
 WHERE plan.id = %(plan_base)s + p AND plan.status = 'active' AND last.to_status = 'past_due';
