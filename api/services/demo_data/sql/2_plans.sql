-- Monthly plans: when they began, how long they lasted, how they end or stand now.
CREATE UNLOGGED TABLE demo.begun AS
SELECT p, day,
       (day + make_interval(secs => CASE
            WHEN day = %(today)s THEN floor(demo.chance(p, 'plan moment') * %(elapsed)s)
            ELSE width_bucket(demo.chance(p, 'plan hour'), %(hours)s::double precision[]) * 3600
                 + floor(demo.chance(p, 'plan moment') * 3600) END)) AT TIME ZONE %(zone)s AS moment,
       extract(day FROM day)::integer AS begun_day,
       CASE WHEN demo.chance(p, 'day') < 0.70
            THEN (ARRAY[1, 15, 28, 5, 10, 20, 25])[1 + width_bucket(demo.chance(p, 'day'),
                 ARRAY[0.30, 0.42, 0.50, 0.56, 0.62, 0.66]::double precision[])]
            ELSE least(extract(day FROM day)::integer, 28) END AS collection_day,
       (ARRAY[200, 300, 500, 800, 1000, 1200, 1500, 2000, 2500, 3000, 5000, 10000, 20000])[
            1 + width_bucket(demo.chance(p, 'plan amount'), ARRAY[0.02, 0.07, 0.28, 0.31, 0.62, 0.64, 0.72,
                                0.84, 0.90, 0.935, 0.985, 0.998]::double precision[])]::bigint AS amount,
       (ARRAY[3, 0, 1, 2, 4, 5])[1 + width_bucket(demo.chance(p, 'plan way'),
            ARRAY[0.42, 0.70, 0.90, 0.92, 0.97]::double precision[])] AS way,
       lpad((floor(demo.chance(p, 'plan ending') * 10000))::text, 4, '0') AS ending,
       demo.chance(p, 'plan cover') < 0.28 AS is_covered,
       floor(ln(greatest(demo.chance(p, 'life'), 1e-9)) / ln(0.974))::integer AS life,
       demo.chance(p, 'plan refused') < 0.03 AS is_refused,
       CASE WHEN demo.chance(p, 'plan moved') < 0.25 THEN appeal END AS appeal
  FROM (SELECT row_number() OVER (ORDER BY day, i) AS p, day, appeal
          FROM demo.day, generate_series(1, plans) AS i) AS numbered;

CREATE UNLOGGED TABLE demo.plan AS
SELECT standing.*,
       1 + least(collections, life) AS months,
       CASE WHEN is_refused THEN CASE WHEN day >= %(today)s::date - 1 THEN 'incomplete' ELSE 'expired' END
            WHEN life < collections THEN 'cancelled'
            WHEN collections = 0 THEN 'active'
            ELSE (ARRAY['active', 'past_due', 'unpaid', 'paused'])[1 + width_bucket(
                 demo.chance(p, 'standing'), ARRAY[0.955, 0.985, 0.992]::double precision[])]
       END AS status,
       -- Of those that ended, three in ten ended because their payments failed.
       life < collections AND life > 0 AND demo.chance(p, 'dunning') < 0.3 AS is_lost,
       demo.letters(p, 'plan') AS letters
  FROM (SELECT begun.*,
               CASE WHEN is_refused THEN 0 ELSE greatest(0,
               12 * (extract(year FROM %(today)s::date) - extract(year FROM day))::integer
               + (extract(month FROM %(today)s::date) - extract(month FROM day))::integer
               + (collection_day > begun_day)::integer
               - (collection_day > extract(day FROM %(today)s::date)
                  OR collection_day = extract(day FROM %(today)s::date) AND NOT %(has_collected)s)::integer
               ) END AS collections
          FROM demo.begun) AS standing;
DROP TABLE demo.begun;

-- Collected on its day at ten o'clock UTC, and charged about an hour later.
CREATE UNLOGGED TABLE demo.month AS
SELECT p, k,
       (date_trunc('month', day) + make_interval(months => k - (collection_day > begun_day)::integer))::date
       + collection_day - 1 AS day
  FROM demo.plan, generate_series(1, months - 1) AS k;
