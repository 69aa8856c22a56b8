"""Words of names for search, saved views, and PostgreSQL's trigrams (its contrib extension pg_trgm)."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


def trigrams_are_there(apps, schema_editor):
    """Say what to install, before PostgreSQL says which file it misses."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone() is None:
            raise RuntimeError(
                "PostgreSQL lacks its extension pg_trgm, which the search for donors needs: "
                "install PostgreSQL's contrib package (it comes with Debian's postgresql), then migrate again."
            )


class Migration(migrations.Migration):
    dependencies = [("api", "0011_summary_rules")]

    operations = [
        migrations.RunPython(trigrams_are_there, migrations.RunPython.noop),
        TrigramExtension(),
        migrations.CreateModel(
            name="NameWord",
            fields=[
                ("word", models.CharField(max_length=200, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="NameWordMark",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("donor_id", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("query", models.TextField(blank=True, max_length=2000)),
                ("is_shared", models.BooleanField(default=False)),
                (
                    "is_default",
                    models.BooleanField(default=False, help_text="What its owner sees first."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.AddField(
            model_name="donor",
            name="name_search",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("name_key"),
                    models.Value(
                        "àáâãäåçèéêëìíîïñòóôõöùúûüýÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňøōŏőŕŗřśŝşšţťŧũūŭůűųŵŷźżžơưșț'’‘`-‐.,"
                    ),
                    models.Value(
                        "aaaaaaceeeeiiiinooooouuuuyyaaaccccddeeeeegggghhiiiiijkllllnnnoooorrrsssstttuuuuuuwyzzzoust        "
                    ),
                    function="translate",
                    template="(' ' || %(function)s(%(expressions)s))",
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_views",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                fields=("owner", "table", "name"), name="saved_view_name_is_used_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("owner", "table"),
                name="saved_view_default_is_one",
            ),
        ),
    ]
