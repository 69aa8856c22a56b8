"""The only door to kept files: a folder of this machine, or whatever STORAGES["files"] of the settings names."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import Storage, storages

_PIECE = 1 << 20


@dataclass(frozen=True)
class KeptFile:
    """Where a file is kept, how long it is, and its SHA-256 as hexadecimal."""

    name: str
    size_bytes: int
    sha256: str


def _files() -> Storage:
    return storages["files"]


def file_keep(name: str, source: BinaryIO) -> KeptFile:
    """Keep all of a file under a name; a taken name is never written over, another one is found."""
    digest, size = hashlib.sha256(), 0
    source.seek(0)
    while piece := source.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    source.seek(0)
    kept = _files().save(name, File(source))
    return KeptFile(kept, size, digest.hexdigest())


def file_open(name: str) -> BinaryIO:
    """The file, to be read and closed. Raises FileNotFoundError when it is gone."""
    return cast(BinaryIO, _files().open(name, "rb"))


def file_remove(name: str) -> None:
    """Remove a file; nothing happens when it is gone already."""
    _files().delete(name)


def files_in(folder: str) -> list[str]:
    """Names of the files in a folder."""
    store = _files()
    if not store.exists(folder):
        return []
    return [f"{folder}/{name}" for name in store.listdir(folder)[1]]


def files_old(folder: str, *, before: datetime) -> Iterator[str]:
    """Names of the files in a folder that were last written before a moment."""
    store = _files()
    return (path for path in files_in(folder) if store.get_modified_time(path) < before)
