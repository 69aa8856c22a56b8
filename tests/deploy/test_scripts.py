"""Mistyped commands of an operator: a sentence, no traceback, and nothing is begun."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.environment import ROOT

# What is typed, and what must be said.
MISTYPED = [
    ("install.sh", "Usage: deploy/install.sh ANSWERS"),
    ("install.sh --help", "Usage: deploy/install.sh ANSWERS"),
    ("install.sh a b", "Usage: deploy/install.sh ANSWERS"),
    ("upgrade.sh --help", "Usage: deploy/upgrade.sh"),
    ("upgrade.sh now", "Usage: deploy/upgrade.sh"),
    ("rollback.sh --help", "Usage: deploy/rollback.sh [RELEASE]"),
    ("rollback.sh one two", "Usage: deploy/rollback.sh [RELEASE]"),
    ("restore.sh --to yesterday", "'yesterday' is no time; say it as in 2026-11-24 10:15:00+00"),
    ("restore.sh --to 2026-11-24T10:15:00", "say the zone too"),
    ("restore.sh --to 2999-01-01T00:00:00Z", "is still to come"),
    ("restore.sh --no-files --files-only", "not allowed with"),
    ("restore.sh", "BACKUP_TO is missing: it accepts a folder or s3://BUCKET/PATH."),
    ("backup/backup.sh everything", "invalid choice: 'everything'"),
    ("backup/backup.sh database weekly", "invalid choice: 'weekly'"),
    ("backup/backup.sh", "BACKUP_TO is missing"),
    ("backup/drill.sh now", "unrecognized arguments: now"),
    ("backup/drill.sh", "BACKUP_TO is missing"),
    ("backup/receive.sh", "BACKUP_TO is missing"),
    ("backup/set-up.sh --force", "unrecognized arguments: --force"),
    ("backup/set-up.sh", "BACKUP_TO is missing"),
]


@pytest.mark.parametrize(("typed", "said"), MISTYPED)
def test_a_mistyped_command_is_told_in_a_sentence(typed: str, said: str, tmp_path: Path) -> None:
    script, *arguments = typed.split()
    done = subprocess.run(
        [ROOT / "deploy" / script, *arguments],
        env={"PATH": os.environ["PATH"], "DOMAAP_ENV_FILE": str(tmp_path / "none")},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BACKUP_TO", "s3://", "BACKUP_TO is missing: it accepts a folder or s3://BUCKET/PATH."),
        (
            "BACKUP_KEEP_DAYS",
            "a month",
            "BACKUP_KEEP_DAYS is 'a month': it accepts a whole number.",
        ),
        ("BACKUP_SYNCHRONOUS", "ture", "BACKUP_SYNCHRONOUS is 'ture': it accepts True or False."),
        ("BACKUP_CONFIG_FILE", "/nowhere/a.conf", "--data /var/lib/postgresql/17/main"),
    ],
)
def test_a_wrong_setting_of_the_backup_is_named(
    name: str, value: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text(f"BACKUP_TO={tmp_path}/store\n{name}={value}\n")
    done = subprocess.run(
        [ROOT / "deploy" / "restore.sh"],
        env={"PATH": os.environ["PATH"], "DOMAAP_ENV_FILE": str(tmp_path / "env")},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1), done.stderr
    assert said in done.stderr
