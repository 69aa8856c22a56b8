"""Notes and consents are append-only in the database itself."""

from typing import ClassVar

from django.db import migrations

TABLES = ("api_donornote", "api_consent")
FORWARD = "".join(
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
    f"FOR EACH ROW EXECUTE FUNCTION domaap_refuse_change();\n"
    for table in TABLES
)
BACKWARD = "".join(f"DROP TRIGGER append_only ON {table};\n" for table in TABLES)


class Migration(migrations.Migration):
    """A correction is a new row."""

    dependencies: ClassVar = [("api", "0014_donor_care")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, BACKWARD)]
