"""The embedded mode's secrets: made once, private, never changed."""

import stat
from pathlib import Path

from embedded.secrets import MAKERS, secrets_ensure, secrets_read


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = secrets_ensure(tmp_path)
    first = path.read_bytes()
    assert secrets_ensure(tmp_path) == path
    assert path.read_bytes() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_secrets_are_random_and_long_enough(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    secrets_ensure(one)
    secrets_ensure(two)
    for name in MAKERS:
        assert secrets_read(one)[name] != secrets_read(two)[name]
        assert len(secrets_read(one)[name]) >= 12
    assert secrets_read(one)["STRIPE_WEBHOOK_SECRET"].startswith("whsec_")


def test_a_secret_that_is_missing_is_added_and_the_others_stay(tmp_path: Path) -> None:
    path = secrets_ensure(tmp_path)
    before = secrets_read(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("DEMO_PASSWORD")))
    secrets_ensure(tmp_path)
    after = secrets_read(tmp_path)
    assert after.keys() == MAKERS.keys()
    assert {name: after[name] for name in before if name != "DEMO_PASSWORD"} == {
        name: value for name, value in before.items() if name != "DEMO_PASSWORD"
    }
