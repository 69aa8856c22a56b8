"""Sums kept by the database itself: whoever writes a fact, its sums are written with it.

Each trigger runs once per statement and adds fresh rows (level 0) of what that statement changed, one
per group, so that no row is fought over. `domaap_giving` is what the sums of giving are sums of;
`domaap_summaries_rebuild` makes every sum again from the facts.
"""

from typing import ClassVar

from django.db import migrations

# Stripe's own costs: no gift stands behind these lines (services/balance_transactions.py COSTS).
COSTS = "('stripe_fee', 'stripe_fx_fee', 'tax_fee')"
BACK = "('refunds', 'disputes')"
KEY = "counted_on, fund_id, campaign_id, kind, method_kind, currency"
FIGURES = "gifts, given_minor, cover_minor, refunded_minor, disputed_minor, fees_minor"
SUMS = ", ".join(f"sum({name})" for name in FIGURES.split(", "))
PAID_COLUMNS = "sign, donation_id, received_at, amount_minor, currency, method_kind"
PAID = (
    "(one.sign, one.donation_id, one.received_at, one.amount_minor, one.currency, one.method_kind)"
)
LINE = (
    "(one.sign, one.donation_id, one.made_at, one.fee_minor -"
    f" CASE WHEN one.type IN {COSTS} THEN one.amount_minor ELSE 0 END, one.currency)"
)
ANY = " OR ".join(f"sum({name}) <> 0" for name in FIGURES.split(", "))

FACTS = f"""
-- The charity's day of a moment: settings.CHARITY_TIME_ZONE.
CREATE FUNCTION domaap_day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (moment AT TIME ZONE 'Europe/London')::date;

-- Tax years begin on 6 April.
CREATE FUNCTION domaap_year(basis text, on_day date) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN extract(year FROM CASE basis WHEN 'tax' THEN (on_day - interval '3 months 5 days')::date
                             ELSE on_day END)::smallint;

-- What lessens gifts: given back by the books, kept by Stripe by its statement. `is_of_books`: the
-- fund is the posting's and stays.
CREATE VIEW domaap_giving_less AS
SELECT posting.donation_id, domaap_day(posting.posted_at) AS counted_on, entry.fund_id,
       gift.campaign_id, coalesce(gift.kind, '') AS kind, coalesce(payment.method_kind, '') AS method_kind,
       entry.currency, true AS is_of_books,
       CASE entry.account WHEN 'refunds' THEN entry.amount_minor ELSE 0 END AS refunded_minor,
       CASE entry.account WHEN 'disputes' THEN entry.amount_minor ELSE 0 END AS disputed_minor,
       0::bigint AS fees_minor
  FROM api_ledgerentry AS entry
  JOIN api_ledgerposting AS posting ON posting.id = entry.posting_id
  LEFT JOIN api_donation AS gift ON gift.id = posting.donation_id
  LEFT JOIN api_payment AS payment ON payment.donation_id = posting.donation_id
 WHERE entry.account IN {BACK}
UNION ALL
SELECT line.donation_id, domaap_day(line.made_at), gift.fund_id, gift.campaign_id,
       coalesce(gift.kind, ''), coalesce(payment.method_kind, ''), line.currency, false, 0, 0,
       line.fee_minor - CASE WHEN line.type IN {COSTS} THEN line.amount_minor ELSE 0 END
  FROM api_balancetransaction AS line
  LEFT JOIN api_donation AS gift ON gift.id = line.donation_id
  LEFT JOIN api_payment AS payment ON payment.donation_id = line.donation_id
 WHERE line.posted_at IS NOT NULL AND (line.fee_minor <> 0 OR line.type IN {COSTS});

CREATE VIEW domaap_giving AS
SELECT payment.donation_id, domaap_day(payment.received_at) AS counted_on, gift.fund_id,
       gift.campaign_id, gift.kind, payment.method_kind, payment.currency, false AS is_of_books,
       1::bigint AS gifts, payment.amount_minor AS given_minor, gift.fee_cover_minor AS cover_minor,
       0::bigint AS refunded_minor, 0::bigint AS disputed_minor, 0::bigint AS fees_minor
  FROM api_payment AS payment JOIN api_donation AS gift ON gift.id = payment.donation_id
UNION ALL
SELECT donation_id, counted_on, fund_id, campaign_id, kind, method_kind, currency, is_of_books,
       0, 0, 0, refunded_minor, disputed_minor, fees_minor FROM domaap_giving_less;
"""

# A gift's row is locked before its payment's, by whoever changes a sum of it: two changes at once
# would each count without the other.
LOCKS = """
CREATE FUNCTION domaap_gifts_lock(gifts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM api_donation WHERE id = ANY(gifts) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM api_payment WHERE donation_id = ANY(gifts) ORDER BY id FOR NO KEY UPDATE;
END $$;
"""

PAYMENTS = f"""
-- A payment that counts (sign 1) or does not any more (-1).
CREATE TYPE domaap_paid AS (sign bigint, donation_id bigint, received_at timestamptz,
                            amount_minor bigint, currency text, method_kind text);

CREATE FUNCTION domaap_payments_count(moves domaap_paid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[] := ARRAY(SELECT donation_id FROM unnest(moves));
BEGIN
    IF cardinality(moves) = 0 THEN
        RETURN;
    END IF;
    PERFORM domaap_gifts_lock(touched);
    INSERT INTO api_givingsum (level, {KEY}, {FIGURES})
    SELECT 0, domaap_day(move.received_at), gift.fund_id, gift.campaign_id, gift.kind, move.method_kind,
           move.currency, sum(sign), sum(sign * move.amount_minor), sum(sign * gift.fee_cover_minor), 0, 0, 0
      FROM unnest(moves) AS move JOIN api_donation AS gift ON gift.id = move.donation_id
     GROUP BY 2, 3, 4, 5, 6, 7
    HAVING sum(sign) <> 0 OR sum(sign * move.amount_minor) <> 0 OR sum(sign * gift.fee_cover_minor) <> 0;

    -- What lessens a gift stands under no method until the payment tells it: seldom known before it.
    IF EXISTS (SELECT FROM api_ledgerposting WHERE donation_id = ANY(touched)) OR
       EXISTS (SELECT FROM api_balancetransaction WHERE donation_id = ANY(touched)) THEN
        INSERT INTO api_givingsum (level, {KEY}, {FIGURES})
        SELECT 0, less.counted_on, less.fund_id, less.campaign_id, less.kind, way.method_kind, less.currency,
               0, 0, 0, sum(way.sign * less.refunded_minor), sum(way.sign * less.disputed_minor),
               sum(way.sign * less.fees_minor)
          FROM unnest(moves) AS move,
               -- OFFSET 0: gift by gift through the indexes, never the whole view.
               LATERAL (SELECT * FROM domaap_giving_less
                         WHERE donation_id = move.donation_id OFFSET 0) AS less,
               LATERAL (VALUES (move.sign, move.method_kind), (-move.sign, '')) AS way (sign, method_kind)
         WHERE move.method_kind <> ''
         GROUP BY 2, 3, 4, 5, 6, 7
        HAVING sum(way.sign * less.refunded_minor) <> 0 OR sum(way.sign * less.disputed_minor) <> 0
            OR sum(way.sign * less.fees_minor) <> 0;
    END IF;

    INSERT INTO api_donoryear (level, donor_id, basis, year, currency, gifts, given_minor)
    SELECT 0, gift.donor_id, basis, domaap_year(basis, domaap_day(move.received_at)), move.currency,
           sum(sign), sum(sign * move.amount_minor)
      FROM unnest(moves) AS move JOIN api_donation AS gift ON gift.id = move.donation_id,
           (VALUES ('calendar'), ('tax')) AS known (basis)
     GROUP BY 2, 3, 4, 5 HAVING sum(sign) <> 0 OR sum(sign * move.amount_minor) <> 0;
END $$;

CREATE FUNCTION domaap_payments_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM domaap_payments_count(ARRAY(
        SELECT {PAID}::domaap_paid FROM (SELECT 1 AS sign, * FROM came) AS one));
    RETURN NULL;
END $$;

CREATE FUNCTION domaap_payments_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM domaap_payments_count(ARRAY(
        SELECT {PAID}::domaap_paid FROM (SELECT -1 AS sign, * FROM gone) AS one));
    RETURN NULL;
END $$;

-- Most changes of a payment (its fee, its Stripe ids) move no sum.
CREATE FUNCTION domaap_payments_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM domaap_payments_count(ARRAY(
        SELECT {PAID}::domaap_paid
          FROM gone JOIN came USING (id), LATERAL (VALUES
               (-1, gone.donation_id, gone.received_at, gone.amount_minor, gone.currency, gone.method_kind),
               (1, came.donation_id, came.received_at, came.amount_minor, came.currency, came.method_kind))
               AS one ({PAID_COLUMNS})
         WHERE (gone.donation_id, gone.received_at, gone.amount_minor, gone.currency, gone.method_kind)
               IS DISTINCT FROM
               (came.donation_id, came.received_at, came.amount_minor, came.currency, came.method_kind)));
    RETURN NULL;
END $$;

CREATE TRIGGER sums_of_new AFTER INSERT ON api_payment REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_payments_came();
CREATE TRIGGER sums_of_changed AFTER UPDATE ON api_payment
    REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_payments_changed();
CREATE TRIGGER sums_of_gone AFTER DELETE ON api_payment REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_payments_went();
"""

BOOKS = f"""
CREATE FUNCTION domaap_entries_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO api_bookssum (level, account, fund_id, currency, amount_minor, entries)
    SELECT 0, account, fund_id, currency, sum(amount_minor), count(*) FROM came
     GROUP BY account, fund_id, currency;
    IF EXISTS (SELECT FROM came WHERE account IN {BACK}) THEN
        PERFORM domaap_gifts_lock(ARRAY(
            SELECT posting.donation_id FROM came JOIN api_ledgerposting AS posting ON posting.id = posting_id
             WHERE account IN {BACK} AND posting.donation_id IS NOT NULL));
        INSERT INTO api_givingsum (level, {KEY}, {FIGURES})
        SELECT 0, domaap_day(posting.posted_at), entry.fund_id, gift.campaign_id, coalesce(gift.kind, ''),
               coalesce(payment.method_kind, ''), entry.currency, 0, 0, 0,
               coalesce(sum(entry.amount_minor) FILTER (WHERE account = 'refunds'), 0),
               coalesce(sum(entry.amount_minor) FILTER (WHERE account = 'disputes'), 0), 0
          FROM came AS entry JOIN api_ledgerposting AS posting ON posting.id = entry.posting_id
          LEFT JOIN api_donation AS gift ON gift.id = posting.donation_id
          LEFT JOIN api_payment AS payment ON payment.donation_id = posting.donation_id
         WHERE entry.account IN {BACK}
         GROUP BY 2, 3, 4, 5, 6, 7;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sums_of_new AFTER INSERT ON api_ledgerentry REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_entries_came();
"""

FEES = f"""
-- A line of Stripe's statement that counts (sign 1) or does not any more (-1): what Stripe kept of it.
CREATE TYPE domaap_line AS (sign bigint, donation_id bigint, made_at timestamptz, fee_minor bigint,
                            currency text);

CREATE FUNCTION domaap_lines_count(moves domaap_line[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(moves) = 0 THEN
        RETURN;
    END IF;
    PERFORM domaap_gifts_lock(ARRAY(SELECT donation_id FROM unnest(moves) WHERE donation_id IS NOT NULL));
    INSERT INTO api_givingsum (level, {KEY}, {FIGURES})
    SELECT 0, domaap_day(move.made_at), gift.fund_id, gift.campaign_id, coalesce(gift.kind, ''),
           coalesce(payment.method_kind, ''), move.currency, 0, 0, 0, 0, 0, sum(sign * move.fee_minor)
      FROM unnest(moves) AS move
      LEFT JOIN api_donation AS gift ON gift.id = move.donation_id
      LEFT JOIN api_payment AS payment ON payment.donation_id = move.donation_id
     GROUP BY 2, 3, 4, 5, 6, 7 HAVING sum(sign * move.fee_minor) <> 0;
END $$;

CREATE FUNCTION domaap_lines_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM domaap_lines_count(ARRAY(
        SELECT {LINE}::domaap_line FROM (SELECT 1 AS sign, * FROM came) AS one
         WHERE posted_at IS NOT NULL));
    RETURN NULL;
END $$;

CREATE FUNCTION domaap_lines_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM domaap_lines_count(ARRAY(
        SELECT {LINE}::domaap_line FROM (SELECT -1 AS sign, * FROM gone) AS one
         WHERE posted_at IS NOT NULL));
    RETURN NULL;
END $$;

CREATE FUNCTION domaap_lines_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM domaap_lines_count(ARRAY(
        SELECT {LINE}::domaap_line
          FROM (SELECT -1 AS sign, gone.* FROM gone UNION ALL SELECT 1, came.* FROM came) AS one
         WHERE posted_at IS NOT NULL AND id IN (
               SELECT id FROM gone AS o JOIN came AS n USING (id)
                WHERE (o.posted_at IS NULL, o.made_at, o.fee_minor, o.amount_minor, o.type, o.currency,
                       o.donation_id)
                      IS DISTINCT FROM
                      (n.posted_at IS NULL, n.made_at, n.fee_minor, n.amount_minor, n.type, n.currency,
                       n.donation_id))));
    RETURN NULL;
END $$;

CREATE TRIGGER sums_of_new AFTER INSERT ON api_balancetransaction REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_lines_came();
CREATE TRIGGER sums_of_changed AFTER UPDATE ON api_balancetransaction
    REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_lines_changed();
CREATE TRIGGER sums_of_gone AFTER DELETE ON api_balancetransaction REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_lines_went();
"""

# A gift that is moved to another appeal, fund or donor: rare, so by row.
GIFTS = f"""
CREATE FUNCTION domaap_gift_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM domaap_gifts_lock(ARRAY[NEW.id]);
    INSERT INTO api_givingsum (level, {KEY}, {FIGURES})
    SELECT 0, fact.counted_on, CASE WHEN fact.is_of_books THEN fact.fund_id ELSE way.fund_id END,
           way.campaign_id, way.kind, fact.method_kind, fact.currency, way.sign * fact.gifts,
           way.sign * fact.given_minor, way.sign * fact.gifts * way.cover_minor,
           way.sign * fact.refunded_minor, way.sign * fact.disputed_minor, way.sign * fact.fees_minor
      FROM domaap_giving AS fact,
           (VALUES (-1, OLD.fund_id, OLD.campaign_id, OLD.kind, OLD.fee_cover_minor),
                   (1, NEW.fund_id, NEW.campaign_id, NEW.kind, NEW.fee_cover_minor))
               AS way (sign, fund_id, campaign_id, kind, cover_minor)
     WHERE fact.donation_id = NEW.id;
    IF OLD.donor_id <> NEW.donor_id THEN
        INSERT INTO api_donoryear (level, donor_id, basis, year, currency, gifts, given_minor)
        SELECT 0, way.donor_id, basis, domaap_year(basis, domaap_day(payment.received_at)),
               payment.currency, way.sign, way.sign * payment.amount_minor
          FROM api_payment AS payment, (VALUES ('calendar'), ('tax')) AS known (basis),
               (VALUES (-1, OLD.donor_id), (1, NEW.donor_id)) AS way (sign, donor_id)
         WHERE payment.donation_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sums_of_moved
    AFTER UPDATE OF fund_id, campaign_id, kind, fee_cover_minor, donor_id ON api_donation FOR EACH ROW
    WHEN ((OLD.fund_id, OLD.campaign_id, OLD.kind, OLD.fee_cover_minor, OLD.donor_id) IS DISTINCT FROM
          (NEW.fund_id, NEW.campaign_id, NEW.kind, NEW.fee_cover_minor, NEW.donor_id))
    EXECUTE FUNCTION domaap_gift_moved();
"""

PLANS = """
CREATE FUNCTION domaap_plans_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO api_plansum (level, counted_on, from_status, to_status, currency, plans, amount_minor)
    SELECT 0, domaap_day(at), from_status, to_status, currency, count(*), sum(amount_minor) FROM came
     GROUP BY 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE TRIGGER sums_of_new AFTER INSERT ON api_subscriptionmove REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_plans_moved();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON api_subscriptionmove
    FOR EACH ROW EXECUTE FUNCTION domaap_refuse_change();
"""

REBUILD = f"""
-- The moves of plans that came here without any: begun when they were made, ended when they ended.
CREATE FUNCTION domaap_plan_moves_fill() RETURNS bigint LANGUAGE sql AS $$
    WITH plan AS (
        SELECT *, amount_minor + fee_cover_minor AS total_minor FROM api_subscription AS plan
         WHERE status <> 'incomplete' AND NOT EXISTS (
               SELECT FROM api_subscriptionmove WHERE subscription_id = plan.id)),
    made AS (
        INSERT INTO api_subscriptionmove
               (subscription_id, from_status, to_status, amount_minor, currency, why, at)
        SELECT plan.id, step.from_status, step.to_status, total_minor, currency, 'as it was found', step.at
          FROM plan, LATERAL (VALUES
               (1, 'incomplete', CASE WHEN status = 'expired' THEN 'expired' ELSE 'active' END, created_at),
               (2, 'active', CASE WHEN status IN ('active', 'expired') THEN NULL ELSE status END,
                coalesce(cancelled_at, stripe_event_at, created_at))) AS step (place, from_status, to_status, at)
         WHERE step.to_status IS NOT NULL
         ORDER BY plan.id, step.place
        RETURNING 1)
    SELECT count(*) FROM made;
$$;

-- Every sum again, in the caller's snapshot (services/summaries.py says in which one).
CREATE FUNCTION domaap_summaries_rebuild() RETURNS void LANGUAGE plpgsql
    SET work_mem = '256MB' SET jit = off AS $$
BEGIN
    PERFORM domaap_plan_moves_fill();
    DELETE FROM api_givingsum;
    INSERT INTO api_givingsum (level, {KEY}, {FIGURES})
    SELECT 1, {KEY}, {SUMS} FROM domaap_giving GROUP BY {KEY} HAVING {ANY};
    INSERT INTO api_givingsum (level, {KEY}, {FIGURES})
    SELECT 2, date_trunc('month', counted_on)::date, fund_id, campaign_id, kind, method_kind, currency, {SUMS}
      FROM api_givingsum WHERE level = 1
     GROUP BY 2, fund_id, campaign_id, kind, method_kind, currency HAVING {ANY};
    INSERT INTO api_givingsum (level, {KEY}, {FIGURES})
    SELECT 3, counted_on, NULL, NULL, kind, '', currency, {SUMS}
      FROM api_givingsum WHERE level = 2 GROUP BY counted_on, kind, currency HAVING {ANY};

    DELETE FROM api_bookssum;
    INSERT INTO api_bookssum (level, account, fund_id, currency, amount_minor, entries)
    SELECT 1, account, fund_id, currency, sum(amount_minor), count(*) FROM api_ledgerentry
     GROUP BY account, fund_id, currency;

    DELETE FROM api_donoryear;
    INSERT INTO api_donoryear (level, donor_id, basis, year, currency, gifts, given_minor)
    SELECT 1, donor_id, basis, CASE basis WHEN 'tax' THEN tax_year ELSE year END AS of_year, currency,
           sum(gifts), sum(given_minor)
      FROM (SELECT gift.donor_id, payment.currency, domaap_year('calendar', domaap_day(received_at)) AS year,
                   domaap_year('tax', domaap_day(received_at)) AS tax_year,
                   count(*) AS gifts, sum(payment.amount_minor) AS given_minor
              FROM api_payment AS payment JOIN api_donation AS gift ON gift.id = payment.donation_id
             GROUP BY 1, 2, 3, 4) AS given,
           (VALUES ('calendar'), ('tax')) AS known (basis)
     GROUP BY donor_id, basis, of_year, currency;

    DELETE FROM api_donorpattern;
    INSERT INTO api_donorpattern (basis, years, year, currency, donors, gifts, given_minor)
    WITH pattern AS (
        SELECT donor_id, basis, array_agg(DISTINCT year ORDER BY year) AS years
          FROM api_donoryear WHERE level = 1 GROUP BY donor_id, basis)
    SELECT basis, years, 0, '', count(*), 0, 0 FROM pattern GROUP BY basis, years
    UNION ALL
    SELECT basis, pattern.years, kept.year, kept.currency, count(*), sum(kept.gifts), sum(kept.given_minor)
      FROM api_donoryear AS kept JOIN pattern USING (donor_id, basis)
     WHERE kept.level = 1
     GROUP BY basis, pattern.years, kept.year, kept.currency;

    DELETE FROM api_plansum;
    INSERT INTO api_plansum (level, counted_on, from_status, to_status, currency, plans, amount_minor)
    SELECT 1, domaap_day(at), from_status, to_status, currency, count(*), sum(amount_minor)
      FROM api_subscriptionmove GROUP BY 2, 3, 4, 5;
END $$;
"""
FORWARD = (FACTS, LOCKS, PAYMENTS, BOOKS, FEES, GIFTS, PLANS, REBUILD)
_TRIGGERS = (
    ("api_payment", ("sums_of_new", "sums_of_changed", "sums_of_gone")),
    ("api_balancetransaction", ("sums_of_new", "sums_of_changed", "sums_of_gone")),
    ("api_ledgerentry", ("sums_of_new",)),
    ("api_donation", ("sums_of_moved",)),
    ("api_subscriptionmove", ("sums_of_new", "append_only")),
)
_FUNCTIONS = (
    "domaap_summaries_rebuild(), domaap_plan_moves_fill(), domaap_plans_moved(), domaap_gift_moved(),"
    "domaap_lines_changed(), domaap_lines_went(), domaap_lines_came(),"
    "domaap_lines_count(domaap_line[]), domaap_entries_came(),"
    "domaap_payments_changed(), domaap_payments_went(), domaap_payments_came(),"
    "domaap_payments_count(domaap_paid[]), domaap_gifts_lock(bigint[])"
)
BACKWARD = "".join(
    f"DROP TRIGGER {name} ON {table};\n" for table, names in _TRIGGERS for name in names
) + (
    f"DROP FUNCTION {_FUNCTIONS}; DROP TYPE domaap_paid, domaap_line; DROP VIEW domaap_giving, domaap_giving_less;"
    "DROP FUNCTION domaap_year(text, date), domaap_day(timestamptz);"
)


class Migration(migrations.Migration):
    """The triggers, and the sums of what is here already (the triggers' locks keep writers out meanwhile)."""

    dependencies: ClassVar = [("api", "0010_summaries")]
    operations: ClassVar = [
        migrations.RunSQL("\n".join(FORWARD), BACKWARD),
        migrations.RunSQL("SELECT domaap_summaries_rebuild()", migrations.RunSQL.noop),
    ]
