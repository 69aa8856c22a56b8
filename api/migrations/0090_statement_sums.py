"""Sums of Stripe's statement by day, and of what the books have of its lines: kept as those of 0011.

A month of years ago opens as quickly as this one, however many lines came since.
"""

from typing import ClassVar

from django.db import migrations, models

KEY = "counted_on, currency, type"
FIGURES = "lines, amount_minor, fee_minor, net_minor, books_net_minor, books_fees_minor, books_other_minor"
SUMS = ", ".join(f"sum({name})" for name in FIGURES.split(", "))
ANY = " OR ".join(f"sum({name}) <> 0" for name in FIGURES.split(", "))
LINE = "domaap_day(line.made_at), line.currency, line.type"
# What the books have of a line is in the posting that is named after it (services/balance_transactions.py).
BOOKS = """0::bigint, 0::bigint, 0::bigint, 0::bigint,
       CASE entry.account WHEN 'stripe_balance' THEN entry.amount_minor ELSE 0 END,
       CASE entry.account WHEN 'stripe_fees' THEN entry.amount_minor ELSE 0 END,
       CASE WHEN entry.account IN ('stripe_balance', 'stripe_fees') THEN 0 ELSE -entry.amount_minor END"""
STRIPES = (
    "1::bigint, line.amount_minor, line.fee_minor, line.net_minor, 0::bigint, 0::bigint, 0::bigint"
)


def _of(lines: str) -> str:
    """What these lines are on both sides, one row for each line and for each entry."""
    return f"""SELECT {LINE}, {STRIPES} FROM {lines} AS line
    UNION ALL
    SELECT {LINE}, {BOOKS} FROM {lines} AS line
      JOIN api_ledgerposting AS posting ON posting.name = 'stripe-' || line.stripe_balance_transaction_id
      JOIN api_ledgerentry AS entry ON entry.posting_id = posting.id"""


def _fresh(facts: str, sign: str = "") -> str:
    sums = ", ".join(f"{sign}sum({name})" for name in FIGURES.split(", "))
    return f"""INSERT INTO api_statementsum (level, {KEY}, {FIGURES})
    SELECT 0, {KEY}, {sums} FROM ({facts}) AS fact ({KEY}, {FIGURES}) GROUP BY {KEY} HAVING {ANY};"""


FORWARD = f"""
CREATE VIEW domaap_statement ({KEY}, {FIGURES}) AS
{_of("api_balancetransaction")};

CREATE FUNCTION domaap_statement_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_fresh(_of("came"))}
    RETURN NULL;
END $$;

CREATE FUNCTION domaap_statement_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_fresh(_of("gone"), "-")}
    RETURN NULL;
END $$;

-- What is tied to a line changes often, what the line says never: Stripe's statement is not rewritten.
CREATE FUNCTION domaap_statement_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM gone AS o JOIN came AS n USING (id)
                WHERE (o.made_at, o.currency, o.type, o.amount_minor, o.fee_minor, o.net_minor,
                       o.stripe_balance_transaction_id)
                      IS DISTINCT FROM
                      (n.made_at, n.currency, n.type, n.amount_minor, n.fee_minor, n.net_minor,
                       n.stripe_balance_transaction_id)) THEN
        {_fresh(_of("gone"), "-")}
        {_fresh(_of("came"))}
    END IF;
    RETURN NULL;
END $$;

-- Only a line of the statement moves what Stripe holds or what it kept: gifts pass by here at once.
CREATE FUNCTION domaap_statement_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM came WHERE account IN ('stripe_balance', 'stripe_fees')) THEN
        {
    _fresh(f'''SELECT {LINE}, {BOOKS} FROM came AS entry
      JOIN api_ledgerposting AS posting ON posting.id = entry.posting_id
      JOIN api_balancetransaction AS line ON line.stripe_balance_transaction_id = substr(posting.name, 8)
     WHERE starts_with(posting.name, 'stripe-')''')
}
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER statement_sums_of_new AFTER INSERT ON api_balancetransaction REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_statement_came();
CREATE TRIGGER statement_sums_of_changed AFTER UPDATE ON api_balancetransaction
    REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_statement_changed();
CREATE TRIGGER statement_sums_of_gone AFTER DELETE ON api_balancetransaction REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_statement_went();
CREATE TRIGGER statement_sums_of_new AFTER INSERT ON api_ledgerentry REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION domaap_statement_booked();

CREATE FUNCTION domaap_statement_sums_rebuild() RETURNS void LANGUAGE plpgsql
    SET work_mem = '256MB' SET jit = off AS $$
BEGIN
    DELETE FROM api_statementsum;
    INSERT INTO api_statementsum (level, {KEY}, {FIGURES})
    SELECT 1, {KEY}, {SUMS} FROM domaap_statement GROUP BY {KEY} HAVING {ANY};
END $$;
"""
BACKWARD = """
DROP TRIGGER statement_sums_of_new ON api_ledgerentry;
DROP TRIGGER statement_sums_of_gone ON api_balancetransaction;
DROP TRIGGER statement_sums_of_changed ON api_balancetransaction;
DROP TRIGGER statement_sums_of_new ON api_balancetransaction;
DROP FUNCTION domaap_statement_sums_rebuild(), domaap_statement_booked(), domaap_statement_changed(),
    domaap_statement_went(), domaap_statement_came();
DROP VIEW domaap_statement;
"""


class Migration(migrations.Migration):
    """The table, its triggers, and the sums of what is here already."""

    dependencies: ClassVar = [("api", "0085_stripe_reserve")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="StatementSum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "As it came"),
                            (1, "Added up"),
                            (2, "Added up by month"),
                            (3, "Added up by month and kind alone"),
                        ]
                    ),
                ),
                ("counted_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("type", models.CharField(max_length=40)),
                ("lines", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("fee_minor", models.BigIntegerField()),
                ("net_minor", models.BigIntegerField()),
                ("books_net_minor", models.BigIntegerField()),
                ("books_fees_minor", models.BigIntegerField()),
                ("books_other_minor", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("level", 0)),
                        fields=["counted_on"],
                        name="statement_fresh",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("level__gt", 0)),
                        fields=("counted_on", "currency", "type"),
                        name="statement_is_summed_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunSQL("SELECT domaap_statement_sums_rebuild()", migrations.RunSQL.noop),
    ]
