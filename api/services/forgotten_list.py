"""The list of forgotten donors that no backup takes back: a file for each, beside the database.

A database that was restored to a moment before an erasure holds the person again. The list names the
donor by reference only, and says whom to forget once more: at the end of a restore, and each night.
"""

import io
import json

from api.models import Donor, Erasure
from api.services.gateways import storage

FOLDER = "forgotten"


def forgotten_list_keep(erasure: Erasure) -> None:
    """Put a donor on the list. Safe to call again."""
    name = f"{FOLDER}/{erasure.donor.reference}"
    if name not in storage.files_in(FOLDER):
        said = {"asked_at": erasure.asked_at.isoformat(), "silence": erasure.wants_silence}
        storage.file_keep(name, io.BytesIO(json.dumps(said).encode()))


def forgotten_list_remembered() -> list[tuple[Donor, bool]]:
    """Donors on the list whom the database still, or again, knows; and whether they want silence."""
    names = {path.rpartition("/")[2]: path for path in storage.files_in(FOLDER)}
    found = Donor.objects.filter(reference__in=names, erased_at=None).order_by("pk")
    return [(donor, _wants_silence(names[donor.reference])) for donor in found]


def _wants_silence(path: str) -> bool:
    with storage.file_open(path) as file:
        return bool(json.load(file)["silence"])
