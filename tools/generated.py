"""Files that are made from others: `python -m tools.generated` makes them, `--check` says when one is stale."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.interpreters import uv_find
from tools.places import FRONTEND, PYTHON, ROOT, node, node_environment

SCHEMA = FRONTEND / "openapi.json"
TYPES = FRONTEND / "lib" / "api" / "schema.d.ts"


def requirements_make(target: Path) -> None:
    """The production packages for pip, from uv.lock."""
    export = ["export", "--frozen", "--no-dev", "--no-emit-project", "--no-default-groups"]
    form = ["--no-header", "--format", "requirements-txt", "--output-file", str(target)]
    _run([uv_find(), *export, *form, "--quiet"])


def schema_make(target: Path) -> None:
    """The API as OpenAPI, from the serializers and views. Django's checks ask the database, and none is needed here."""
    arguments = ["spectacular", "--skip-checks", "--file", str(target), "--format", "openapi-json"]
    _run([str(PYTHON), "manage.py", *arguments])


def types_make(target: Path) -> None:
    """The site's types, from the committed OpenAPI."""
    cli = FRONTEND / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    _run([node(), str(cli), str(SCHEMA), "--output", str(target)], cwd=FRONTEND)


MADE: dict[Path, Callable[[Path], None]] = {
    ROOT / "requirements.txt": requirements_make,
    SCHEMA: schema_make,
    TYPES: types_make,
}


def main() -> int:
    """Make every file, or compare every file with what would be made."""
    if sys.argv[1:] != ["--check"]:
        for path, make in MADE.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            make(path)
        return 0
    stale = [str(path.relative_to(ROOT)) for path in MADE if not _is_fresh(path)]
    for name in stale:
        print(f"{name} is stale: run `make generate` and commit it.")
    print(f"{len(MADE) - len(stale)} of {len(MADE)} generated files are fresh")
    return 1 if stale else 0


def _is_fresh(path: Path) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / path.name
        MADE[path](target)
        return path.exists() and path.read_bytes() == target.read_bytes()


def _run(command: list[str], cwd: Path = ROOT) -> None:
    """Run one maker; a failure shows its words and ends us."""
    env = {**os.environ, **node_environment(), "COLUMNS": "100"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:4])} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
