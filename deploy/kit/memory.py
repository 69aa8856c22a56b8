"""How a machine's memory is shared out between the processes."""

from __future__ import annotations

from pathlib import Path

# Of what the machine has: PostgreSQL, nginx and the system need the rest.
SHARES = {"WEB": 45, "WORKER": 30, "SITE": 25}


def memory_mib() -> int:
    """What this machine has."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) // 1024
    return 2048


def memory_shares(total_mib: int) -> dict[str, str]:
    """The limits of each unit. Two releases stand side by side for a moment: limits may overlap."""
    found = {}
    for name, percent in SHARES.items():
        most = max(384, total_mib * percent // 100)
        found[f"{name}_MEMORY_MAX"] = f"{most}M"
        found[f"{name}_MEMORY_HIGH"] = f"{most * 85 // 100}M"
    return found
