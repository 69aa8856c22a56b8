"""What the backup's programs decide by themselves: settings, names of WAL, the end of a recovery."""

import json
from pathlib import Path

import pytest

from deploy.backup import recovery, settings, wal
from deploy.backup.fetch import main as fetch
from deploy.backup.recovery import Recovered, end_check, wal_kept
from deploy.backup.settings import BackupError, settings_read
from deploy.backup.status import FIELDS, status_read, status_write

SEGMENT = "000000010000000000000005"


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    """Settings from a file as an operator writes it."""
    file = tmp_path / "env"
    file.write_text(
        f'# backup\nBACKUP_TO="{tmp_path}/store"  \nexport BACKUP_KEEP_DAYS=7 # a week\n'
        f"BACKUP_WAL_DIR='{tmp_path}'\nBACKUP_STATUS_FILE={tmp_path}/status.json\n"
        "DATABASE_URL=postgresql://domaap@one:5432,two:5432/books?target_session_attrs=read-write\n"
    )
    monkeypatch.setenv("DOMAAP_ENV_FILE", str(file))
    monkeypatch.delenv("DATABASE_URL")
    return settings_read()


def test_settings_are_read_as_written(read: settings.Settings, tmp_path: Path) -> None:
    assert (read.target, read.keep_days, read.database) == (f"{tmp_path}/store", 7, "books")
    assert read.is_synchronous and not read.is_s3


def test_a_missing_store_or_key_is_said_in_a_sentence(
    read: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKUP_KEY_FILE", "/nowhere/backup.key")
    with pytest.raises(BackupError, match=r"can't be read from /nowhere/backup.key .* kept apart"):
        _ = settings_read().key
    monkeypatch.setenv("BACKUP_TO", "backups")
    with pytest.raises(BackupError, match=r"^BACKUP_TO is missing: it accepts a folder or s3://"):
        settings_read()


def test_a_segment_is_found_by_a_position_of_wal() -> None:
    assert wal.segment_of("0/5000028", 1) == SEGMENT
    assert wal.segment_of("A/FF000000", 3) == "000000030000000A000000FF"
    assert wal.offset_of("0/5000028") == 0x28


def test_what_a_received_segment_holds_ends_where_zeros_begin(tmp_path: Path) -> None:
    path = tmp_path / f"{SEGMENT}.partial"
    path.write_bytes(b"\1" * 10_000 + b"\0" * 30_000)
    assert wal.bytes_written(path) == 10_000
    path.write_bytes(b"\0" * 30_000)
    assert wal.bytes_written(path) == 0
    (tmp_path / "00000002.history").touch()
    assert wal.received(tmp_path) == [path]


@pytest.mark.parametrize(
    ("archived", "held", "lsn", "is_whole"),
    [
        (SEGMENT, 0, "0/5000028", True),  # All that the archive has.
        ("000000010000000000000007", 0, "0/5000028", False),  # It has more than came back.
        (SEGMENT, 300_000, "0/6040000", True),  # All that the receiver has.
        (SEGMENT, 300_000, "0/5FFFFF8", False),  # It has a segment more.
        (SEGMENT, 3_000_000, "0/6040000", False),  # It has more of that segment.
        ("000000020000000000000009", 0, "0/5000028", True),  # Another timeline's is no loss.
    ],
)
def test_a_recovery_that_ends_before_the_last_wal_is_no_success(
    read: settings.Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    archived: str,
    held: int,
    lsn: str,
    is_whole: bool,
) -> None:
    monkeypatch.setattr(recovery, "backups", lambda _: {"archive": [{"max": archived}]})
    partial = tmp_path / "000000010000000000000006.partial"
    partial.write_bytes(b"\1" * held + b"\0" * 40_000)
    found, kept = Recovered(lsn=lsn, timeline=1, last_at=""), wal_kept(read)
    partial.write_bytes(b"\1" * 5_000_000)  # What a living database writes meanwhile is no loss.
    if is_whole:
        return end_check(found, kept)
    with pytest.raises(BackupError, match="damaged or missing"):
        end_check(found, kept)
    return None


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        (0, "000000010000000000000004", 0),  # The archive has it.
        (1, SEGMENT, 0),  # Only the receiver has.
        (103, SEGMENT, 0),  # The archive's is damaged, the receiver's is not.
        (1, "000000010000000000000009", 1),  # Nobody has: the end.
        (103, "000000010000000000000004", 255),  # It is there and can't be read: stop.
    ],
)
def test_a_segment_that_cannot_be_read_stops_the_recovery_and_one_that_is_not_there_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, name: str, expected: int
) -> None:
    program = tmp_path / "bin" / "pgbackrest"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    (tmp_path / f"{SEGMENT}.partial").write_bytes(b"received")
    target = tmp_path / "target"
    assert fetch("config", str(tmp_path), name, str(target)) == expected
    assert target.exists() is (code != 0 and expected == 0)


def test_the_status_is_whole_at_all_times(read: settings.Settings) -> None:
    assert status_read(read) == FIELDS
    status_write(read, last_drill_ok=False, drill_words="The store is damaged.")
    kept = json.loads(read.status_file.read_text())
    assert kept == {**FIELDS, "last_drill_ok": False, "drill_words": "The store is damaged."}
    assert list(read.status_file.parent.glob("status.json.*")) == []
