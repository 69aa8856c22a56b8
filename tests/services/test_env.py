"""A wrong or missing setting stops the start with one sentence that names it."""

import os
import subprocess
import sys

import pytest

from tests.environment import ROOT


@pytest.mark.parametrize(
    ("variable", "value", "accepted"),
    [
        ("DEBUG", "perhaps", "True or False"),
        ("WEB_PORT", "eighty", "1 to 65535"),
        ("SITE_URL", "give.example.org", "https://"),
        ("DATABASE_URL", "mysql://x/y", "postgresql://"),
        ("SECRET_KEY", "short", "32 or more"),
        ("STRIPE_SECRET_KEY", "whsec_wrong", "sk_test_"),
        ("STRIPE_PUBLISHABLE_KEY", "sk_test_wrong", "pk_"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(
    variable: str, value: str, accepted: str
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, variable: value},
    )
    assert done.returncode == 1
    sentence = done.stderr.strip().splitlines()[-1]
    assert variable in sentence and accepted in sentence
    assert "Traceback" not in done.stderr
    assert value == "short" or variable != "SECRET_KEY" or value not in sentence
