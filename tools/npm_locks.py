"""Completes package-lock.json: `npm ci` refuses a lock without every platform's optional packages.

npm leaves out those that the registry at hand did not have when the lock was made. They are named
here with their exact version and platform; another platform's npm then finds them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.places import FRONTEND, TOOLS

SYSTEMS = ("darwin", "linux", "win32", "android", "freebsd", "openharmony")
PROCESSORS = ("x64", "arm64", "arm", "ia32", "ppc64", "riscv64", "s390x")


def main() -> None:
    """Complete both locks in place; a complete one is left as it is."""
    for folder in (FRONTEND, TOOLS):
        path = folder / "package-lock.json"
        if path.exists():
            print(f"{folder.name}: {lock_complete(path)} packages added")


def lock_complete(path: Path) -> int:
    """Add the optional packages that the lock names but does not hold. Returns how many."""
    lock = json.loads(path.read_text(encoding="utf-8"))
    packages: dict[str, dict[str, Any]] = lock["packages"]
    missing = {
        f"node_modules/{name}": version
        for package in packages.values()
        for name, version in package.get("optionalDependencies", {}).items()
        if f"node_modules/{name}" not in packages and _platform(name) and version[0].isdigit()
    }
    for place, version in missing.items():
        # In npm's own order, so that its next install changes nothing.
        named = sorted({"optional": True, **_platform(place)}.items())
        packages[place] = {"version": version, **dict(named)}
    if missing:
        lock["packages"] = dict(sorted(packages.items()))
        path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(missing)


def _platform(name: str) -> dict[str, list[str]]:
    """For which machines a package is, from its name; empty when it names none."""
    words = name.rpartition("/")[2].split("-")
    systems = [word for word in words if word in SYSTEMS]
    processors = [word for word in words if word in PROCESSORS]
    if not systems or not processors:
        return {}
    libc = {"libc": ["musl"]} if "musl" in words else {}
    return {"os": systems, "cpu": processors, **libc}


if __name__ == "__main__":
    main()
