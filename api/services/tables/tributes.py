"""In whose memory or honour gifts and plans are, as columns of their tables."""

from api.models import TributeKind
from api.services.tables.spec import Column, Kind

TRIBUTE_COLUMNS = (
    Column(
        "tribute_kind",
        "Tribute",
        Kind.STATUS,
        source="tribute__kind",
        choices=dict(TributeKind.choices),
        is_default=False,
        is_nullable=True,
    ),
    Column("tribute_name", "Of whom", source="tribute__name", is_default=False, is_nullable=True),
)
