"""The fund that a gift goes to when the donor names none: without it no gift can be taken."""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def general_fund_make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make it where it is missing; a charity may rename it afterwards."""
    apps.get_model("api", "Fund").objects.get_or_create(
        code="general",
        defaults={
            "name": "Where it is needed most",
            "purpose": "Wherever the need is greatest.",
            "restriction": "unrestricted",
        },
    )


class Migration(migrations.Migration):
    """Going back leaves the fund: gifts may be in it."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("api", "0002_ledger_rules")]

    operations: ClassVar[list[migrations.RunPython]] = [
        migrations.RunPython(general_fund_make, migrations.RunPython.noop)
    ]
