"""`make demo-data SIZE=n SEED=n`: the database is brought up if need be, and filled with an invented past."""

import os
import subprocess
import sys

from donor_management.env import SettingError
from embedded.binaries import EmbeddedError
from tools.places import PYTHON, ROOT
from tools.product import product_database_start, product_database_stop, product_of_settings
from tools.supervise import ProductError

USUAL = {"SIZE": "20000", "SEED": "1"}


def main() -> int:
    """What `manage.py demo_data` answers; a server that was down is down again afterwards."""
    try:
        asked = {name: int(os.environ.get(name) or usual) for name, usual in USUAL.items()}
    except ValueError:
        print("SIZE and SEED accept whole numbers: make demo-data SIZE=20000", file=sys.stderr)
        return 1
    try:
        product = product_of_settings()
        started = product_database_start(product)
    except (SettingError, EmbeddedError, ProductError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    try:
        options = [f"--size={asked['SIZE']}", f"--seed={asked['SEED']}", *sys.argv[1:]]
        return subprocess.run(
            [str(PYTHON), "manage.py", "demo_data", *options], cwd=ROOT, check=False
        ).returncode
    finally:
        if started:
            product_database_stop(product)


if __name__ == "__main__":
    sys.exit(main())
