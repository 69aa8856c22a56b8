"""The embedded PostgreSQL: it comes up, survives a kill -9 with its rows, and goes away."""

import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from embedded.binaries import EmbeddedError, binaries_find
from embedded.postgres import (
    cluster_of,
    postgres_is_running,
    postgres_start,
    postgres_stop,
    postgres_url,
)
from tests.environment import ROOT

SECONDS = 30


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project folder of its own that borrows our PostgreSQL programs."""
    monkeypatch.delenv("DOMAAP_CLUSTER", raising=False)
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    yield tmp_path
    postgres_stop(tmp_path)


def postmaster(home: Path) -> int:
    """The server's process id."""
    return int((cluster_of(home).data / "postmaster.pid").read_text().split()[0])


def rows(home: Path) -> list[int]:
    """What the test table holds."""
    with psycopg.connect(postgres_url(home)) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM kept ORDER BY n")]


def test_start_makes_a_database_that_answers_and_only_the_first_call_starts_it(home: Path) -> None:
    assert postgres_start(home, fsync=False) is True
    assert postgres_start(home, fsync=False) is False
    with psycopg.connect(postgres_url(home)) as connection:
        row = connection.execute(
            "SELECT current_database(), current_setting('listen_addresses'),"
            " current_setting('server_encoding'), lower('ŁÀ')"
        ).fetchone()
    assert row == ("domaap_db", "", "UTF8", "łà")


def test_kill_9_loses_no_row_and_the_next_start_works(home: Path) -> None:
    postgres_start(home)
    with psycopg.connect(postgres_url(home)) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    for n in range(3):
        with psycopg.connect(postgres_url(home)) as connection:
            connection.execute("INSERT INTO kept VALUES (%s)", [n])
        os.kill(postmaster(home), signal.SIGKILL)
        assert postgres_start(home) is True
    assert rows(home) == [0, 1, 2]


def test_a_lock_file_whose_process_id_is_now_another_program_does_not_stop_the_start(
    home: Path,
) -> None:
    postgres_start(home, fsync=False)
    server = postmaster(home)
    pid_file = cluster_of(home).data / "postmaster.pid"
    text = pid_file.read_text()
    os.kill(server, signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while postgres_is_running(home) and time.monotonic() < deadline:
        time.sleep(0.05)
    pid_file.write_text(text.replace(str(server), str(os.getpid()), 1))
    assert postgres_start(home, fsync=False) is True
    assert postmaster(home) != os.getpid()


def test_of_starts_at_the_same_time_one_starts_the_server(home: Path) -> None:
    started: list[bool] = []
    threads = [
        threading.Thread(target=lambda: started.append(postgres_start(home, fsync=False)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started) == [False, False, False, True]


def test_stop_ends_the_server_and_may_be_called_again(home: Path) -> None:
    postgres_start(home, fsync=False)
    postgres_stop(home)
    assert postgres_is_running(home) is False
    postgres_stop(home)
    assert not (cluster_of(home).data / "postmaster.pid").exists()


def test_a_half_made_cluster_is_made_anew(home: Path) -> None:
    draft = cluster_of(home).folder / "data.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18")
    assert postgres_start(home, fsync=False) is True
    assert not draft.exists()


def test_socket_folder_is_for_its_owner_alone(home: Path) -> None:
    postgres_start(home, fsync=False)
    assert stat.S_IMODE(cluster_of(home).socket_dir.stat().st_mode) == 0o700


def test_socket_of_a_deep_folder_is_short_enough_and_still_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOMAAP_CLUSTER", raising=False)
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    (deep / "tools").symlink_to(ROOT / "tools")
    place = cluster_of(deep)
    assert len(str(place.socket_dir)) < 90
    try:
        assert postgres_start(deep, fsync=False) is True
        assert stat.S_IMODE(place.socket_dir.stat().st_mode) == 0o700
    finally:
        postgres_stop(deep)


def test_a_cluster_of_a_version_that_is_not_here_is_refused_in_one_sentence() -> None:
    with pytest.raises(EmbeddedError, match="was made by PostgreSQL 9"):
        binaries_find(ROOT, major=9)
