"""Whose the files are that commands make beside the services' own."""

import os
from pathlib import Path


def folder_owner(folder: Path) -> tuple[str, str] | None:
    """Whose the files in a folder are to be, where root may make them: its owner's. Else whoever makes them."""
    if os.geteuid() != 0 or folder.stat().st_uid == 0:
        return None
    try:
        return folder.owner(), folder.group()
    except KeyError:  # A number without a name, as on a volume of containers.
        return None
