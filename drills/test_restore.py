"""The data folder is destroyed while gifts arrive; what was acknowledged comes back to the last second."""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drills.clusters import Cluster, as_owner, binaries, folder_own
from drills.nodes import Nodes
from drills.servers import BUCKET, S3_KEY, S3_SECRET, s3_store, weed
from tests.chaos import books
from tests.chaos.donors import Donors, plans
from tests.conftest import until
from tests.environment import ROOT, free_port
from tools.places import PYTHON
from tools.ports import port_unused
from tools.product import Ports

GIFTS = int(os.environ.get("RESTORE_GIFTS", "150"))
MISSING = [name for name in ("pgbackrest", "restic") if not shutil.which(name)]
if binaries() is None:
    MISSING.append("postgresql")
FORGET = """
from api.models import Donor
from api.services.erasures import erasure_ask
erasure_ask(donor=Donor.objects.earliest("pk"), actor=None)
"""
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"apt install {' '.join(MISSING)} (Debian 12, 13, Ubuntu 24.04)"
)


class WatchedDonors(Donors):
    """Donors who remember which of their gifts was acknowledged."""

    def __init__(self, web_url: str, simulator_url: str) -> None:
        super().__init__(web_url, simulator_url)
        self.acknowledged: set[str] = set()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = super()._ask(method, path, body)
        if method == "POST":
            self.acknowledged.add(str(answer["reference"]))
        return answer


class Place:
    """A machine in small: a cluster, its backup, the product on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = Cluster(folder / "cluster", port_unused())
        self.env_file = folder / "env"
        self.status_file = folder / "status.json"
        self.repository = folder / "backup"
        self.key_file = folder / "backup.key"
        ports = Ports(port_unused(), port_unused(), free_port())
        self.nodes = Nodes(folder / "product", ports, self.cluster.url)
        self.receiver: subprocess.Popen[bytes] | None = None
        self.write_env()

    def write_env(self, **changes: str) -> None:
        """The one file of settings."""
        values = {
            **self.nodes.product.environment,
            "BACKUP_TO": str(self.repository),
            "BACKUP_KEY_FILE": str(self.key_file),
            "BACKUP_CONFIG_FILE": str(self.folder / "config" / "pgbackrest.conf"),
            "BACKUP_WAL_DIR": str(self.folder / "wal"),
            "BACKUP_STATUS_FILE": str(self.status_file),
            "BACKUP_WORK_DIR": str(self.folder / "drill"),
            "BACKUP_ADMIN_URL": f"host={self.cluster.folder} port={self.cluster.port}"
            f" user={self.cluster.administrator}",
            "BACKUP_PATIENCE_SECONDS": "5",
            "BACKUP_MARGIN_SECONDS": "3",
            "BACKUP_PG_BIN": str(self.cluster.bin),
            "DOMAAP_PYTHON": str(PYTHON),
            **changes,
        }
        lines = [f'{name}="{value}"' for name, value in values.items()]
        self.env_file.write_text("\n".join(lines) + "\n")
        self.env_file.chmod(0o644)

    def run(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """One of the deploy folder's scripts, as the units run it."""
        return subprocess.run(
            [str(ROOT / "deploy" / script), *arguments],
            env=self._environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip

    def forget_somebody(self) -> str:
        """A donor asks to be forgotten, and is; the list of it is in the store alone. Returns the name of before."""
        [(name,)] = self.cluster.ask("SELECT name FROM api_donor ORDER BY id LIMIT 1")
        done = subprocess.run(
            [str(PYTHON), str(ROOT / "manage.py"), "shell", "-v", "0", "-c", FORGET],
            env={**os.environ, **self.nodes.product.environment}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        state = "SELECT state FROM api_erasure"
        assert until(lambda: self.cluster.ask(state) == [("erased",)]), self.cluster.ask(state)
        assert self.run("backup/backup.sh", "files").returncode == 0
        shutil.rmtree(self.folder / "product" / "files" / "forgotten")
        return str(name)

    def receive(self) -> None:
        """Start the receiver, and wait until commits wait for it."""
        with (self.folder / "receiver.log").open("ab") as log:
            self.receiver = subprocess.Popen(
                [*as_owner(), str(ROOT / "deploy" / "backup" / "receive.sh")],
                env=self._environment(), stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        state = (
            "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'domaap_archive'"
        )
        assert until(lambda: self.cluster.ask(state) == [("sync",)]), self.log()

    def receive_no_more(self) -> None:
        """Stop the receiver, as restore.sh does where there is systemd."""
        assert self.receiver
        self.receiver.terminate()
        self.receiver.wait()
        time.sleep(0.5)

    def log(self) -> str:
        """What the receiver said."""
        return (self.folder / "receiver.log").read_text()[-2000:]

    def status(self) -> dict[str, Any]:
        """What doctor reads."""
        read: dict[str, Any] = json.loads(self.status_file.read_text())
        return read

    def stop(self) -> None:
        """End everything."""
        self.nodes.stop()
        if self.receiver and self.receiver.poll() is None:
            os.killpg(self.receiver.pid, signal.SIGKILL)
        self.cluster.stop("immediate")

    def _environment(self) -> dict[str, str]:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        cache = {"RESTIC_CACHE_DIR": str(self.folder / "cache")}
        return {**keep, **cache, "DOMAAP_ENV_FILE": str(self.env_file)}


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """One machine for this file, with gifts in its books and a backup of them."""
    with tempfile.TemporaryDirectory(prefix="domaap-restore-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        folder_own(folder)
        place = Place(folder)
        try:
            place.cluster.make()
            place.nodes.prepare()
            (folder / "product" / "files").mkdir(exist_ok=True)
            done = place.run("backup/set-up.sh")
            assert done.returncode == 0, done.stdout + done.stderr
            place.receive()
            place.nodes.start("simulator", "web", "worker")
            yield place
        finally:
            place.stop()


@pytest.fixture(autouse=True)
def timings(request: pytest.FixtureRequest) -> Iterator[None]:
    """How long each step took, for docs/backup.md."""
    begun = time.monotonic()
    yield
    print(f"{request.node.name}: {time.monotonic() - begun:.1f} s")
    while OPEN:
        OPEN.pop().close()


def give(place: Place, count: int, seed: int) -> tuple[WatchedDonors, list[Any]]:
    """Let donors begin to give."""
    donors = WatchedDonors(place.nodes.web_url, place.nodes.simulator_url)
    OPEN.append(donors)
    given = donors.give(plans(count, random.Random(seed)))
    return donors, given


REFERENCES: list[str] = []
OPEN: list[WatchedDonors] = []


def test_set_up_again_changes_nothing(place: Place) -> None:
    key = place.key_file.read_text()
    done = place.run("backup/set-up.sh")
    assert done.returncode == 0, done.stderr
    assert place.key_file.read_text() == key and "new key" not in done.stdout
    assert oct(place.key_file.stat().st_mode & 0o777) == "0o400"


def test_backups_are_made_and_their_status_is_kept(place: Place) -> None:
    donors, given = give(place, 20, 1)
    donors.wait_begun(20)
    REFERENCES.extend(one.result() for one in given)
    donors.close()
    (place.folder / "product" / "files" / "statement.ofx").write_text("a bank statement")
    for arguments in (("database", "full"), ("database", "incr"), ("files",)):
        done = place.run("backup/backup.sh", *arguments)
        assert done.returncode == 0, done.stderr
    status = place.status()
    assert status["kind"] == "pgbackrest" and status["is_synchronous"] is True
    assert status["last_backup_at"] and status["last_archived_at"]


def test_nothing_in_the_store_can_be_read_without_the_key(place: Place) -> None:
    words = subprocess.run(
        ["grep", "-rlaE", "Okafor|example.org|bank statement", str(place.repository)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (words.returncode, words.stdout) == (1, "")


def test_a_destroyed_data_folder_comes_back_to_the_last_second(place: Place) -> None:
    donors, given = give(place, GIFTS, 2)
    donors.wait_begun(GIFTS // 2)
    place.cluster.destroy()
    place.receive_no_more()
    destroyed_at = time.time()
    acknowledged = set(donors.acknowledged) | set(REFERENCES)
    time.sleep(0.5)  # Answers that were on their way.
    place.nodes.kill("web")
    place.nodes.kill("worker")
    acknowledged |= donors.acknowledged
    events = {
        one["event"] for one in place.nodes.journal.of("_delivery").values() if one["answer"] == 200
    }
    done = place.run("restore.sh", "--no-files")
    seconds = time.time() - destroyed_at
    assert done.returncode == 0, done.stderr
    kept = {row[0] for row in place.cluster.ask("SELECT reference FROM api_donation")}
    inbox = {row[0] for row in place.cluster.ask("SELECT stripe_event_id FROM api_webhookevent")}
    assert len(acknowledged) > 20 and len(events) > 50
    assert acknowledged - kept == set()
    assert events - inbox == set()
    print(f"acknowledged before the crash: {len(acknowledged)} gifts, {len(events)} events; "
          f"all are back; {seconds:.1f} s from the crash to the books; {done.stdout.strip()}")  # fmt: skip
    place.receive()
    place.nodes.start("web", "worker")
    donors.wait_begun(GIFTS)
    REFERENCES.extend(one.result() for one in given)
    donors.close()


def test_afterwards_the_books_are_as_if_nothing_had_happened(place: Place) -> None:
    target: Any = place.nodes
    books.everything_arrives(target)
    books.each_acknowledged_event_is_handled_once(target)
    books.each_paid_gift_is_settled_once(target, REFERENCES)
    books.the_ledger_balances(target)
    books.receipt_numbers_have_no_gap(target)


def test_the_drill_passes_and_says_what_it_compared(place: Place) -> None:
    donors, given = give(place, 30, 3)
    halfway = threading.Thread(target=lambda: [one.result() for one in given])
    halfway.start()
    donors.wait_begun(30)
    done = place.run("backup/drill.sh")
    halfway.join()
    donors.close()
    assert done.returncode == 0, done.stderr
    status = place.status()
    assert status["last_drill_ok"] is True, status
    assert (
        "The books hold" in status["drill_words"]
        and "those of the living books" in status["drill_words"]
    )
    assert not (place.folder / "drill").exists()
    assert " 0 donations" not in status["drill_words"]
    print(status["drill_words"])


def test_a_point_in_time_is_restored_and_what_came_after_is_not_there(place: Place) -> None:
    [(moment, count)] = place.cluster.ask(
        "SELECT clock_timestamp()::text, (SELECT count(*) FROM api_donor)"
    )
    time.sleep(0.2)
    name = place.forget_somebody()
    place.cluster.ask("DELETE FROM api_message")  # The mistake that is to be undone.
    place.nodes.stop()
    place.receive_no_more()
    place.cluster.ask("ALTER SYSTEM SET synchronous_standby_names = ''")
    place.cluster.ask("SELECT pg_reload_conf()")
    place.cluster.ask("SELECT pg_switch_wal()")
    assert until(lambda: place.cluster.ask(
        "SELECT count(*) FROM pg_stat_archiver WHERE last_archived_time > now() - interval '20 s'"
    ) == [(1,)])  # fmt: skip
    place.cluster.stop()
    (place.folder / "product" / "files" / "statement.ofx").unlink()
    done = place.run("restore.sh", "--to", moment)
    assert done.returncode == 0, done.stderr + done.stdout
    assert place.cluster.ask("SELECT count(*) FROM api_donor") == [(count,)]
    assert place.cluster.ask("SELECT count(*) > 0 FROM api_message") == [(True,)]
    assert (place.folder / "product" / "files" / "statement.ofx").read_text() == "a bank statement"
    assert "files are back" in done.stdout
    # Whom that brought back waits to be forgotten again.
    assert "1 erasures are repeated." in done.stdout
    waits = """SELECT donor.name, erasure.state, (SELECT count(*) FROM procrastinate_jobs
        WHERE task_name = 'api.tasks.erasure' AND status = 'todo')
        FROM api_erasure erasure JOIN api_donor donor ON donor.id = erasure.donor_id"""
    assert place.cluster.ask(waits) == [(name, "waiting", 1)]


def test_a_time_that_no_backup_reaches_is_refused_and_touches_nothing(place: Place) -> None:
    place.cluster.stop()
    done = place.run("restore.sh", "--to", "2020-01-01 00:00:00+00")
    assert (done.returncode, "The oldest backup is of 20" in done.stderr) == (1, True), done.stderr
    place.cluster.start()
    assert place.cluster.ask("SELECT count(*) > 0 FROM api_donation") == [(True,)]


def test_on_a_new_machine_the_settings_the_key_and_the_store_are_enough(place: Place) -> None:
    kept = place.cluster.ask("SELECT count(*), max(id) FROM api_donation")
    place.cluster.ask("SELECT pg_switch_wal()")
    place.cluster.stop()  # In order: all of it reaches the store.
    shutil.rmtree(place.cluster.data)
    shutil.rmtree(place.folder / "config")
    shutil.rmtree(place.folder / "backup-locks")
    done = place.run("restore.sh", "--no-files")
    assert (done.returncode, "--data /var/lib" in done.stderr) == (1, True), done.stderr
    done = place.run("restore.sh", "--no-files", "--data", str(place.cluster.data))
    assert done.returncode == 0, done.stderr
    assert "run deploy/backup/set-up.sh, then" in done.stdout
    assert place.cluster.ask("SELECT count(*), max(id) FROM api_donation") == kept
    done = place.run("backup/set-up.sh")
    assert done.returncode == 0, done.stderr
    place.receive()
    done = place.run("backup/backup.sh", "all")
    assert done.returncode == 0, done.stderr
    place.receive_no_more()
    place.cluster.ask("ALTER SYSTEM SET synchronous_standby_names = ''")
    place.cluster.ask("SELECT pg_reload_conf()")


def test_a_wrong_key_is_refused_with_a_sentence_and_touches_nothing(place: Place) -> None:
    place.cluster.stop()
    wrong = place.folder / "wrong.key"
    wrong.write_text("w" * 64)
    right = (place.folder / "config" / "pgbackrest.conf").read_text()
    config = place.folder / "config" / "wrong.conf"
    config.write_text(right.replace(place.key_file.read_text().strip(), "w" * 64))
    config.chmod(0o644)
    place.write_env(BACKUP_KEY_FILE=str(wrong), BACKUP_CONFIG_FILE=str(config))
    try:
        for script, arguments in (("restore.sh", ("--no-files",)), ("restore.sh", ("--files-only",)),
                                  ("backup/drill.sh", ())):  # fmt: skip
            done = place.run(script, *arguments)
            assert done.returncode == 1
            assert f"The key in {wrong} does not open this backup" in done.stderr
            assert "Traceback" not in done.stderr
    finally:
        place.write_env()
        place.cluster.start()
    assert place.cluster.ask("SELECT count(*) > 0 FROM api_donation") == [(True,)]


@pytest.mark.parametrize("what", ["archive", "backup", "files"])
def test_a_flipped_byte_in_the_store_is_found_and_staff_are_told(place: Place, what: str) -> None:
    folder = place.repository / ("files/data" if what == "files" else f"postgresql/{what}")
    # What pgBackRest keeps twice, its lists, may lose one of the two.
    files = [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(word in path.name for word in ("manifest", "backup.info", "archive.info"))
    ]
    victim = max(files, key=lambda path: (path.stat().st_size, path.name))
    whole = victim.read_bytes()
    owner = victim.stat()
    flipped = bytearray(whole)
    flipped[len(flipped) // 2] ^= 1
    victim.chmod(0o640)
    victim.write_bytes(flipped)
    try:
        done = place.run("backup/drill.sh")
        assert done.returncode == 1, done.stdout
        assert "damaged" in done.stderr, done.stderr
        assert place.status()["last_drill_ok"] is False
        assert place.cluster.ask(
            "SELECT count(*) FROM api_alert WHERE kind = 'backup' AND closed_at IS NULL"
        ) == [(1,)]
    finally:
        victim.write_bytes(whole)
        os.chown(victim, owner.st_uid, owner.st_gid)
    place.cluster.ask("UPDATE api_alert SET closed_at = now() WHERE kind = 'backup'")


def test_a_receiver_that_is_away_lets_giving_go_on_and_staff_are_told(place: Place) -> None:
    place.receive()
    os.killpg(place.receiver.pid, signal.SIGSTOP)  # type: ignore[union-attr]
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        words = line.read_bytes().split(b"\0") if line.exists() else []
        if (
            words
            and words[0].endswith(b"pg_receivewal")
            and str(place.folder).encode() in b" ".join(words)
        ):
            os.kill(int(line.parent.name), signal.SIGKILL)
    os.killpg(place.receiver.pid, signal.SIGCONT)  # type: ignore[union-attr]
    # Its disk is full: it can't start again.
    wal = place.folder / "wal"
    away = wal.with_name("wal.away")
    wal.rename(away)
    wal.write_text("no folder")
    try:
        names = "SHOW synchronous_standby_names"
        assert until(lambda: place.cluster.ask(names) == [("",)], 20), place.log()
        done = place.run("backup/backup.sh", "database")
        assert done.returncode == 1 and "The receiver of WAL is away" in done.stderr, done.stderr
        assert place.status()["is_synchronous"] is False
    finally:
        wal.unlink()
        away.rename(wal)
    assert until(lambda: place.cluster.ask(names) == [("domaap_archive",)], 20), place.log()


@pytest.mark.skipif(weed() is None, reason="make scale-test brings SeaweedFS")
def test_the_same_works_in_a_bucket(place: Place) -> None:
    ports = [port_unused() for _ in range(4)]
    store = s3_store(place.folder / "s3", ports, has_tls=True)
    place.write_env(
        BACKUP_TO=f"s3://{BUCKET}/books",
        BACKUP_S3_ENDPOINT=f"https://127.0.0.1:{ports[0]}",
        BACKUP_S3_KEY=S3_KEY,
        BACKUP_S3_SECRET=S3_SECRET,
        BACKUP_S3_VERIFY="False",
    )
    try:
        for script, *arguments in (
            ["backup/set-up.sh"], ["backup/backup.sh", "database", "auto"],
            ["backup/backup.sh", "files"], ["backup/drill.sh"],
        ):  # fmt: skip
            done = place.run(script, *arguments)
            assert done.returncode == 0, (script, done.stdout, done.stderr)
        assert place.status()["last_drill_ok"] is True
        held = subprocess.run(["grep", "-rlaE", "Okafor|bank statement", str(place.folder / "s3")],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert held.returncode == 1, held.stdout
    finally:
        store.kill()
