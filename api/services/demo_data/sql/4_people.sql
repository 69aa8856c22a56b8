-- Donors, in the order in which they came, and their plans.
INSERT INTO api_donor (id, reference, name, email, name_key, email_key, phone, line1, line2, city, postcode,
                       country, language, stripe_customer_id, created_at)
SELECT %(donor_base)s + donor, demo.reference(letters), name, email, replace(lower(normalize(name, NFKC)), 'ß', 'ss'),
       email, phone, CASE WHEN has_address THEN line1 ELSE '' END, CASE WHEN has_address THEN line2 ELSE '' END,
       CASE WHEN has_address THEN city ELSE '' END, CASE WHEN has_address THEN postcode ELSE '' END,
       CASE WHEN has_address THEN 'GB' ELSE '' END, 'en',
       CASE WHEN EXISTS (SELECT FROM demo.giver AS planned WHERE planned.donor = people.donor AND planned.p > 0)
            THEN 'cus_' || left(letters, 14) END,
       moment
  FROM (SELECT giver.donor, giver.moment, demo.letters(%(donor_base)s + giver.donor, 'donor') AS letters,
               CASE WHEN demo.chance(giver.donor, 'title') < 0.02 THEN 'Dr ' ELSE '' END || first.text
               || CASE WHEN demo.chance(giver.donor, 'middle') < 0.04
                       THEN ' ' || chr(65 + floor(demo.chance(giver.donor, 'initial') * 23)::integer) || '.' ELSE '' END
               || ' ' || last.text
               || CASE WHEN demo.chance(giver.donor, 'double') < 0.025 AND other.text <> last.text
                       THEN '-' || other.text ELSE '' END AS name,
               CASE floor(demo.chance(giver.donor, 'address style') * 5)::integer
                    WHEN 0 THEN left(first.plain, 1) || last.plain WHEN 1 THEN left(first.plain, 1) || '.' || last.plain
                    WHEN 2 THEN last.plain || '.' || first.plain ELSE first.plain || '.' || last.plain END
               || (%(donor_base)s + giver.donor) || '@' || domain.text AS email,
               CASE WHEN demo.chance(giver.donor, 'phone') < 0.4
                    THEN '07700 900' || lpad(floor(demo.chance(giver.donor, 'number') * 1000)::text, 3, '0') ELSE '' END AS phone,
               demo.chance(giver.donor, 'address') < 0.62 AS has_address,
               1 + floor(demo.chance(giver.donor, 'house') ^ 2 * 180)::integer || ' ' || street.text AS line1,
               CASE WHEN demo.chance(giver.donor, 'flat') < 0.12
                    THEN 'Flat ' || 1 + floor(demo.chance(giver.donor, 'flat') * 200)::integer ELSE '' END AS line2,
               town.text AS city,
               town.plain || ' ' || floor(demo.chance(giver.donor, 'sector') * 9 + 1)::integer
               || substr('ABDEFGHJLNPQRSTUWXYZ', 1 + floor(demo.chance(giver.donor, 'unit') * 20)::integer, 1)
               || substr('ABDEFGHJLNPQRSTUWXYZ', 1 + floor(demo.chance(giver.donor, 'unit 2') * 20)::integer, 1) AS postcode
          FROM demo.giver AS giver
          JOIN demo.word AS origin ON origin.list = 'origin' AND origin.number = demo.place(giver.donor, 'origin')
          JOIN demo.word AS first ON first.list = 'first ' || origin.text
                                 AND first.number = demo.place(giver.donor, 'first')
          JOIN demo.word AS last ON last.list = 'last ' || origin.text AND last.number = demo.place(giver.donor, 'last')
          JOIN demo.word AS other ON other.list = 'last 0' AND other.number = demo.place(giver.donor, 'other')
          JOIN demo.word AS domain ON domain.list = 'domain' AND domain.number = demo.place(giver.donor, 'domain')
          JOIN demo.word AS street ON street.list = 'street' AND street.number = demo.place(giver.donor, 'street')
          JOIN demo.word AS town ON town.list = 'town' AND town.number = demo.place(giver.donor, 'town')
         WHERE giver.is_new) AS people
 ORDER BY donor;

INSERT INTO api_subscription (id, reference, donor_id, fund_id, amount_minor, fee_cover_minor, currency,
                              collection_day, status, stripe_subscription_id, stripe_event_at,
                              next_collection_on, anchor_at, next_bill_at, created_at, cancelled_at, interval,
                              stripe_item_id, is_paused, is_skipping, stripe_payment_method_id, method_kind, method,
                              stripe_mandate_id, mandate_reference, mandate_status)
SELECT %(plan_base)s + plan.p, demo.reference(plan.letters), gift.donor_id, gift.fund_id, gift.amount, gift.cover, 'GBP',
       plan.collection_day, plan.status, 'sub_1' || right(plan.letters, 23), gift.moment,
       next_on, (next_on + time '10:00') AT TIME ZONE 'UTC', (next_on + time '10:00') AT TIME ZONE 'UTC',
       gift.moment,
       CASE plan.status
            WHEN 'expired' THEN gift.moment + interval '23 hours'
            WHEN 'cancelled' THEN least(%(until)s, make_interval(secs => floor(
                    -- One that ends because its payments fail is tried for three weeks first.
                    CASE WHEN plan.is_lost THEN 1800000 + 200000 * demo.chance(plan.p, 'stop')
                         ELSE 2000000 * demo.chance(plan.p, 'stop') END))
                + (date_trunc('month', plan.day)
                   + make_interval(months => plan.months - 1 - (collection_day > begun_day)::integer)
                   + make_interval(days => plan.collection_day - 1, hours => 14)) AT TIME ZONE 'UTC')
       END,
       'month', 'si_1' || right(plan.letters, 23), false, false, 'pm_1' || right(plan.letters, 23), 'card',
       'Visa card ending ' || lpad((plan.p * 7919 %% 10000)::text, 4, '0'), '', '', ''
  FROM demo.plan AS plan JOIN demo.gift AS gift ON gift.p = plan.p AND gift.k = 0,
       LATERAL (SELECT CASE WHEN plan.status NOT IN ('cancelled', 'expired') THEN
            (date_trunc('month', plan.day)
             + make_interval(months => plan.months - (collection_day > begun_day)::integer))::date
            + plan.collection_day - 1 END AS next_on) AS coming;

-- What Stripe makes available on a day is paid out on the next payday: weekly at first, each working day later.
CREATE UNLOGGED TABLE demo.payday AS
WITH paid_out AS MATERIALIZED (
    SELECT day, row_number() OVER (ORDER BY day) AS number, lag(day) OVER (ORDER BY day) AS before FROM demo.day
     WHERE day < %(today)s
       AND (extract(isodow FROM day) = 1
            OR %(is_busy)s AND extract(isodow FROM day) < 6 AND day > %(today)s::date - 1400))
SELECT available.day, %(payout_base)s + paid_out.number AS payout_id
  FROM demo.day AS available
  JOIN paid_out ON available.day <= paid_out.day AND (before IS NULL OR available.day > before);
