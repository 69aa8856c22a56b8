-- Every gift in the order of time: who, how much, what for, how it was paid and what became of it.
-- First what a person began: a gift of its own, or a plan. Each n-th beginner is a new donor.
CREATE UNLOGGED TABLE demo.start AS
SELECT s, p, day, moment,
       ceil(s * %(donors)s::numeric / %(starts)s)::bigint AS known,
       ceil(s * %(donors)s::numeric / %(starts)s) > ceil((s - 1) * %(donors)s::numeric / %(starts)s) AS is_new
  FROM (SELECT row_number() OVER (ORDER BY moment, p) AS s, p, day, moment
          FROM (SELECT 0 AS p, day,
                       (day + make_interval(secs => CASE
                            WHEN day = %(today)s THEN floor(demo.chance(g, 'moment') * %(elapsed)s)
                            ELSE width_bucket(demo.chance(g, 'hour'), %(hours)s::double precision[]) * 3600
                                 + floor(demo.chance(g, 'moment') * 3600) END)) AT TIME ZONE %(zone)s AS moment
                  FROM (SELECT row_number() OVER (ORDER BY day, i) AS g, day
                          FROM demo.day, generate_series(1, gifts) AS i) AS numbered
                 UNION ALL SELECT p, day, moment FROM demo.plan) AS begun) AS numbered;

-- One who gives again is often a recent donor, or one of the faithful, or anybody.
CREATE UNLOGGED TABLE demo.giver AS
SELECT s, p, day, moment, is_new,
       CASE WHEN is_new THEN known
            WHEN demo.chance(s, 'kind of giver') < 0.35
            THEN greatest(1, known - floor(demo.chance(s, 'giver') ^ 2 * known * 0.3)::bigint)
            WHEN demo.chance(s, 'kind of giver') < 0.60
            THEN 1 + floor(demo.chance(s, 'giver') * (known / 12))::bigint * 12
            ELSE 1 + floor(demo.chance(s, 'giver') * known)::bigint END AS donor
  FROM demo.start;
DROP TABLE demo.start;
CREATE UNLOGGED TABLE demo.arrival AS
SELECT row_number() OVER (ORDER BY moment, p, k) AS n, moment, day, p, k, donor
  FROM (SELECT moment, day, p, 0 AS k, donor FROM demo.giver
         UNION ALL
        SELECT (m.day + time '11:00' + make_interval(secs => floor(900 * demo.chance(m.p * 1000 + m.k, 'charged'))))
               AT TIME ZONE 'UTC', m.day, m.p, m.k, giver.donor
          FROM demo.month AS m JOIN demo.giver AS giver ON giver.p = m.p) AS all_gifts;
DROP TABLE demo.month;
ANALYZE demo.arrival, demo.giver, demo.plan, demo.day, demo.appeal;

CREATE UNLOGGED TABLE demo.gift AS
WITH chosen AS (
    SELECT arrival.n, arrival.moment, arrival.p, arrival.k, arrival.donor, plan.is_lost,
           coalesce(plan.way, (ARRAY[0, 1, 2, 5, 4])[1 + width_bucket(demo.chance(n, 'way'),
                              ARRAY[0.48, 0.78, 0.84, 0.92]::double precision[])]) AS way,
           coalesce(plan.ending, lpad(floor(demo.chance(n, 'ending') * 10000)::text, 4, '0')) AS ending,
           coalesce(plan.amount, CASE
               WHEN demo.chance(n, 'odd') < 0.06
               THEN 100 + floor(exp(7 + 1.1 * 2 * (demo.chance(n, 'a') + demo.chance(n, 'b')
                                                   + demo.chance(n, 'c') - 1.5)))::bigint
               ELSE (ARRAY[300, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 7500, 10000, 15000, 20000,
                           25000, 50000, 100000, 250000, 1000000])[1 + width_bucket(demo.chance(n, 'amount'),
                     ARRAY[0.02, 0.12, 0.33, 0.37, 0.53, 0.67, 0.73, 0.76, 0.87, 0.885, 0.955, 0.967, 0.98,
                           0.988, 0.9955, 0.9989, 0.9998]::double precision[])]::bigint END) AS amount,
           coalesce(plan.is_covered, demo.chance(n, 'cover') < 0.37) AS is_covered,
           CASE WHEN plan.p IS NOT NULL THEN plan.appeal
                WHEN demo.chance(n, 'moved') < CASE WHEN day.is_loud THEN 0.62 ELSE 0.34 END
                THEN day.appeal END AS appeal,
           -- What a plan is for was chosen once; a gift by itself, each time.
           demo.chance(CASE WHEN plan.p IS NULL THEN n ELSE -plan.p END, 'fund') AS fund_chance,
           CASE WHEN plan.is_refused THEN 'failed'
                WHEN plan.p IS NULL OR arrival.k = 0 THEN CASE
                     WHEN plan.p IS NOT NULL OR demo.chance(n, 'fate') >= 0.085 THEN 'paid'
                     WHEN demo.chance(n, 'fate') < 0.022 THEN 'created'
                     WHEN demo.chance(n, 'fate') < 0.026 THEN 'requires_action'
                     WHEN demo.chance(n, 'fate') < 0.034 THEN 'cancelled' ELSE 'failed' END
                WHEN arrival.k >= plan.months - 1 AND (plan.is_lost OR plan.status IN ('past_due', 'unpaid'))
                THEN 'failed'
                WHEN demo.chance(n, 'fate') < 0.008 THEN 'failed'
                WHEN demo.chance(n, 'fate') < 0.030 THEN 'recovered' ELSE 'paid' END AS fate
      FROM demo.arrival AS arrival
      LEFT JOIN demo.plan AS plan ON plan.p = arrival.p
      LEFT JOIN demo.day AS day ON day.day = arrival.day
),
priced AS (
    SELECT chosen.*,
           CASE WHEN is_covered THEN ceil((amount + %(cover_fixed)s) * 10000::numeric
                                          / (10000 - %(cover_points)s))::bigint - amount ELSE 0 END AS cover,
           CASE WHEN fate IN ('paid', 'recovered') THEN moment + make_interval(secs => floor(CASE
                WHEN fate = 'recovered' THEN (3 + 4 * demo.chance(n, 'again')) * 86400
                WHEN way = 3 THEN (4 + 2 * demo.chance(n, 'bank')) * 86400
                ELSE 4 + 40 * demo.chance(n, 'bank') END)) END AS settles_at,
           demo.letters(n, 'gift') AS letters
      FROM chosen
),
paid AS (
    SELECT priced.*, least(way.most, way.fixed + (amount + cover) * way.basis_points / 10000) AS fee,
           CASE WHEN settles_at <= %(until)s THEN settles_at END AS settled_at,
           demo.chance(n, 'after') AS after
      FROM priced JOIN demo.way AS way USING (way)
),
followed AS (
    SELECT paid.*,
           CASE WHEN after < 0.0048 THEN settled_at + make_interval(secs => floor(3600 + demo.chance(n, 'back') * 2000000))
           END AS refunded_at,
           CASE WHEN after BETWEEN 0.01 AND 0.0107
                THEN settled_at + make_interval(secs => floor(400000 + demo.chance(n, 'back') * 3000000))
           END AS disputed_at
      FROM paid
)
SELECT n, p, k, moment, settled_at, %(donor_base)s + donor AS donor_id, amount, cover, fee, way, ending, letters, fate,
       coalesce(appeal.fund_id, fund.id) AS fund_id, appeal.campaign_id,
       CASE WHEN refunded_at > %(until)s THEN NULL ELSE refunded_at END AS refunded_at,
       CASE WHEN after < 0.004 THEN amount + cover ELSE greatest(1, (amount + cover) / 2) END AS refund,
       CASE WHEN disputed_at > %(until)s THEN NULL ELSE disputed_at END AS disputed_at,
       CASE WHEN disputed_at + interval '60 days' <= %(until)s THEN disputed_at + interval '60 days' END AS decided_at,
       after < 0.0104 AS is_lost,
       CASE WHEN settled_at IS NULL THEN CASE
                 WHEN fate = 'paid' AND way = 3 THEN 'processing'
                 WHEN fate = 'recovered' THEN 'failed'
                 WHEN fate = 'paid' THEN 'created' ELSE fate END
            WHEN refunded_at <= %(until)s THEN CASE WHEN after < 0.004 THEN 'refunded' ELSE 'part_refunded' END
            WHEN disputed_at + interval '60 days' <= %(until)s
            THEN CASE WHEN after < 0.0104 THEN 'charged_back' ELSE 'succeeded' END
            WHEN disputed_at <= %(until)s THEN 'disputed'
            ELSE 'succeeded' END AS status,
       CASE WHEN settled_at IS NULL AND fate IN ('failed', 'recovered') THEN
            CASE WHEN way = 3 THEN (ARRAY['insufficient_funds', 'debit_not_authorized', 'account_closed'])[
                                    1 + floor(demo.chance(n, 'why') * 3)::integer]
                 ELSE (ARRAY['card_declined', 'insufficient_funds', 'expired_card', 'authentication_required',
                             'incorrect_cvc', 'processing_error'])[1 + width_bucket(demo.chance(n, 'why'),
                             ARRAY[0.34, 0.66, 0.78, 0.91, 0.97]::double precision[])] END ELSE '' END AS failure
  FROM followed
  LEFT JOIN demo.appeal AS appeal ON appeal.code = followed.appeal
  JOIN api_fund AS fund ON fund.code = (ARRAY['general', 'food-bank', 'winter-warmth', 'youth-club',
                                              'holiday-hunger', 'minibus', 'emergency'])[
           1 + width_bucket(fund_chance, ARRAY[0.62, 0.74, 0.84, 0.91, 0.96, 0.98]::double precision[])];
DROP TABLE demo.arrival;
CREATE INDEX ON demo.gift USING brin (n) WITH (pages_per_range = 16);
ANALYZE demo.gift;
