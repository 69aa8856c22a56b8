"""What a form says of a known donor waits on the gift until it is paid. A column without a default: no row is rewritten."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column, empty for all that are here."""

    dependencies: ClassVar = [("api", "0090_statement_sums")]
    operations: ClassVar = [
        migrations.AddField(
            "donation", "donor_details", models.JSONField(editable=False, null=True)
        ),
    ]
