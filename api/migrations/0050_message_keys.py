"""E-mails by key: what each is for, once. They know their donor; staff's know nobody."""

import django.db.models.deletion
from django.db import migrations, models

import api.models.messages

KEYS = """
UPDATE api_message SET
    donor_id = donation.donor_id,
    key = CASE
        WHEN api_message.follow_up_id IS NOT NULL THEN 'give_link:' || deed.reference
        WHEN api_message.alert_id IS NOT NULL
            THEN 'alert:' || alert.id || ':' || to_char(alert.opened_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS')
        WHEN donation.id IS NOT NULL THEN api_message.kind || ':' || donation.reference
        WHEN run.id IS NOT NULL THEN 'report:' || run.reference
        ELSE api_message.kind || ':' || api_message.id
    END
FROM api_message AS same
LEFT JOIN api_donation AS donation ON donation.id = same.donation_id
LEFT JOIN api_followup AS deed ON deed.id = same.follow_up_id
LEFT JOIN api_alert AS alert ON alert.id = same.alert_id
LEFT JOIN api_reportrun AS run ON run.id = same.report_run_id
WHERE same.id = api_message.id
"""


class Migration(migrations.Migration):
    dependencies = [("api", "0020_message_failed")]

    operations = [
        migrations.AddField(
            "message",
            "key",
            models.CharField(max_length=120, null=True),
        ),
        migrations.AddField(
            "message",
            "donor",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="api.donor",
            ),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        # Changed rows leave checks behind that would hinder the changes of the table below.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveConstraint("message", "message_is_sent_once"),
        migrations.RemoveConstraint("message", "message_is_of_one_thing"),
        migrations.RemoveField("message", "alert"),
        migrations.RemoveField("message", "follow_up"),
        migrations.RemoveField("message", "report_run"),
        migrations.AlterField(
            "message",
            "kind",
            models.CharField(max_length=24, choices=api.models.messages.message_kinds),
        ),
        migrations.AlterField("message", "key", models.CharField(max_length=120, unique=True)),
        migrations.AlterField(
            "message", "message_id", models.CharField(max_length=200, unique=True)
        ),
        migrations.AddConstraint(
            "message",
            models.CheckConstraint(
                condition=models.Q(("donation", None), ("donor__isnull", False), _connector="OR"),
                name="message_of_a_donation_has_its_donor",
            ),
        ),
    ]
