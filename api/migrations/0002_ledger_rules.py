"""The books' rules in the database itself: balanced, one currency, append-only."""

from typing import ClassVar

from django.db import migrations

FORWARD = """
CREATE FUNCTION domaap_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused. Correct it by a new row.', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION domaap_posting_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posting bigint := CASE TG_TABLE_NAME WHEN 'api_ledgerposting' THEN (to_jsonb(NEW)->>'id')::bigint
                      ELSE (to_jsonb(NEW)->>'posting_id')::bigint END;
    total numeric; currencies int; entries int;
BEGIN
    SELECT coalesce(sum(amount_minor), 0), count(DISTINCT currency), count(*)
        INTO total, currencies, entries FROM api_ledgerentry WHERE posting_id = posting;
    IF total <> 0 OR currencies <> 1 OR entries < 2 THEN
        RAISE EXCEPTION 'posting % is refused: % entries in % currencies sum to %, not to zero in one currency',
            posting, entries, currencies, total USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER posting_is_balanced AFTER INSERT ON api_ledgerposting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION domaap_posting_is_balanced();
CREATE CONSTRAINT TRIGGER entry_keeps_balance AFTER INSERT ON api_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION domaap_posting_is_balanced();
"""
TABLES = ("api_ledgerposting", "api_ledgerentry", "api_auditline", "api_donationmove")
APPEND_ONLY = "".join(
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
    f"FOR EACH ROW EXECUTE FUNCTION domaap_refuse_change();\n"
    for table in TABLES
)
BACKWARD = (
    "".join(f"DROP TRIGGER append_only ON {table};\n" for table in TABLES)
    + "DROP TRIGGER posting_is_balanced ON api_ledgerposting; DROP TRIGGER entry_keeps_balance ON api_ledgerentry;"
    "DROP FUNCTION domaap_posting_is_balanced(); DROP FUNCTION domaap_refuse_change();"
)


class Migration(migrations.Migration):
    """Constraint triggers, so that not only our code keeps the books right."""

    dependencies: ClassVar = [("api", "0001_start")]
    operations: ClassVar = [migrations.RunSQL(FORWARD + APPEND_ONLY, BACKWARD)]
