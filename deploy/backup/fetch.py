"""PostgreSQL's restore_command: a segment from the archive, or from what the receiver wrote last.

`fetch.py CONFIG WAL_DIR NAME TARGET`. Ends with 1 only when neither has it, which ends the recovery as
wished; any other trouble stops the recovery, since going on without a segment would lose gifts.
"""

import shutil
import subprocess
import sys
from pathlib import Path

NOT_FOUND, STOP = 1, 255


def main(config: str, wal_dir: str, name: str, target: str) -> int:
    """The exit code, as PostgreSQL understands it: up to 125 is "not there", above is "stop"."""
    # PostgreSQL calls it in its data folder, which in a drill is another one than the configured.
    own = [f"--config={config}", "--stanza=domaap", f"--pg1-path={Path.cwd()}"]
    command = ["pgbackrest", *own, "archive-get", name, target]
    code = subprocess.run(command, check=False).returncode
    if code == 0:
        return 0
    # A segment without a fault of its own comes before the half of it that was there earlier.
    for path in (Path(wal_dir) / name, Path(wal_dir) / f"{name}.partial"):
        if path.is_file() and not name.endswith(".history"):
            draft = Path(f"{target}.received")
            shutil.copyfile(path, draft)
            draft.replace(target)
            return 0
    return NOT_FOUND if code == NOT_FOUND else STOP


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
