"""What forgotten donors were known by, as keyed hashes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0077_appeal_runs")]

    operations = [
        migrations.CreateModel(
            name="ForgottenName",
            fields=[
                (
                    "digest",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                (
                    "donor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="api.donor",
                    ),
                ),
            ],
        ),
        migrations.RemoveIndex(model_name="erasure", name="erasure_of_customer"),
        # The mark of a form's contents went with no erasure so far.
        migrations.RunSQL(
            """UPDATE api_donation SET request_fingerprint = '' WHERE request_fingerprint <> ''
                AND donor_id IN (SELECT id FROM api_donor WHERE erased_at IS NOT NULL)""",
            migrations.RunSQL.noop,
        ),
    ]
