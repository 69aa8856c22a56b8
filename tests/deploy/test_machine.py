"""What the distribution sets too small is widened once, and what an operator set larger stays."""

import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.kit.machine import connections_needed, nginx_widen

DEBIAN = """user www-data;
worker_processes auto;
error_log /dev/stderr;

events {
\tworker_connections 768;
\t# multi_accept on;
}

http {
}
"""


def test_nginx_takes_more_visitors_than_debian_s(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(DEBIAN)
    assert nginx_widen(path) is True
    text = path.read_text()
    assert "\tworker_connections 4096;" in text
    assert text.index("worker_rlimit_nofile 16384;") < text.index("events {")
    assert nginx_widen(path) is False
    assert path.read_text() == text
    if shutil.which("nginx"):
        done = subprocess.run(
            ["nginx", "-t", "-c", str(path), "-g", f"pid {tmp_path}/pid;"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "open file resource limit" not in done.stderr


def test_what_an_operator_set_larger_stays(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    own = DEBIAN.replace("768", "20000").replace("events", "worker_rlimit_nofile 90000;\nevents")
    path.write_text(own)
    assert nginx_widen(path) is False
    assert path.read_text() == own


@pytest.mark.parametrize(("cores", "expected"), [(1, 66), (2, 84), (4, 120), (16, 336)])
def test_postgresql_has_room_for_two_releases_side_by_side(cores: int, expected: int) -> None:
    assert connections_needed(cores) == expected
