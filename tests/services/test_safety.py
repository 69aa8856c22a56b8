"""Settings that are each right and together are not: the start is refused, in a process of its own."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values

from donor_management.safety import secret_weakness
from tests.environment import ROOT

READ = (
    "import sys; from donor_management.env import SettingError\n"
    "try: import donor_management.settings as s\n"
    "except SettingError as error: sys.exit(str(error))"
)
LIVE = {
    "DOMAAP_ENV": "production",
    "DEBUG": "False",
    "SITE_URL": "https://give.riverbank.org.uk",
    "ALLOWED_HOSTS": "127.0.0.1,localhost,give.riverbank.org.uk",
    "DATABASE_URL": "postgresql://user@127.0.0.1:1/domaap_db",
    "STRIPE_SECRET_KEY": "sk_live_51Riverbank",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_51Riverbank",
    "EMAIL_HOST": "smtp.gmail.com",
    "EMAIL_HOST_USER": "giving",
    "EMAIL_HOST_PASSWORD": "abcd efgh",
    "CHARITY_NAME": "Riverbank Trust",
    "CHARITY_NUMBER": "7654321",
    "CHARITY_EMAIL": "giving@riverbank.org.uk",
    "CHARITY_ADDRESS": "1 Quay, Bath",
}
SIMULATED = {**LIVE, "STRIPE_SECRET_KEY": "", "STRIPE_PUBLISHABLE_KEY": ""}
LOCAL = {"DOMAAP_ENV": "local", "SITE_URL": "http://localhost:3000"}
TWICE = secrets.token_hex(32)
# What is changed, the setting that the sentence begins with, and what it must say.
UNSAFE = [
    (LIVE, {"DEBUG": "True"}, "DEBUG", "live Stripe key"),
    (LIVE, {"DEBUG": "True", "DOMAAP_ENV": "local"}, "DEBUG", "live Stripe key"),
    (LIVE, {"SITE_URL": "http://give.riverbank.org.uk"}, "SITE_URL", "https://"),
    (LIVE, {"DATABASE_URL": ""}, "DATABASE_URL", "trying out"),
    (LIVE, {"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS", "give.riverbank.org.uk"),
    (LIVE, {"ALLOWED_HOSTS": "localhost"}, "ALLOWED_HOSTS", "lacks give.riverbank.org.uk"),
    (LIVE, {"TRUSTED_PROXIES": "0.0.0.0/0"}, "TRUSTED_PROXIES", "127.0.0.1"),
    (LIVE, {"TRUSTED_PROXIES": "127.0.0.1,::/0"}, "TRUSTED_PROXIES", "127.0.0.1"),
    (LIVE, {"STRIPE_PUBLISHABLE_KEY": "pk_test_51Riverbank"}, "STRIPE_PUBLISHABLE_KEY", "pk_live_"),
    (LIVE, {"STRIPE_SECRET_KEY": "sk_live_..."}, "STRIPE_SECRET_KEY", "dashboard"),
    (LIVE, {"DEMO_PASSWORD": "donate"}, "DEMO_PASSWORD", "remove"),
    (LIVE, {"EMAIL_HOST": ""}, "EMAIL_HOST", "smtp.gmail.com"),
    (LIVE, {"EMAIL_USE_TLS": "False"}, "EMAIL_USE_TLS", "unencrypted"),
    (LIVE, {"CHARITY_NAME": ""}, "CHARITY_NAME", "receipts"),
    (LIVE, {"CHARITY_NUMBER": "1234567"}, "CHARITY_NUMBER", "receipts"),
    (LIVE, {"CHARITY_EMAIL": "giving@mail.example.org"}, "CHARITY_EMAIL", "receipts"),
    (LIVE, {"SECURE_COOKIES": "False"}, "SECURE_COOKIES", "unencrypted"),
    (SIMULATED, {}, "STRIPE_SECRET_KEY", "simulator"),
    (SIMULATED, {"DEBUG": "True"}, "DEBUG", "DOMAAP_ENV=production"),
    (LOCAL, {"SECURE_COOKIES": "True"}, "SECURE_COOKIES", "http://"),
    (LOCAL, {"SECRET_KEY": "your_django_secret" * 2}, "SECRET_KEY", "example"),
    (LOCAL, {"SECRET_KEY": "django-insecure-" + TWICE}, "SECRET_KEY", "example"),
    (LOCAL, {"JWT_SECRET_KEY": "your_jwt_secret" * 3}, "JWT_SECRET_KEY", "example"),
    (LOCAL, {"JWT_SECRET_KEY": "a" * 40}, "JWT_SECRET_KEY", "repeats"),
    (LOCAL, {"SECRET_KEY": TWICE, "JWT_SECRET_KEY": TWICE}, "JWT_SECRET_KEY", "the same text"),
    (LOCAL, {"STRIPE_WEBHOOK_SECRET": "whsec_..."}, "STRIPE_WEBHOOK_SECRET", "example"),
    (LOCAL, {"DOMAAP_ENV": "staging"}, "DOMAAP_ENV", "production"),
    (LOCAL, {"METRICS_TOKEN": "tiny"}, "METRICS_TOKEN", "32 or more"),
    (LOCAL, {"SENTRY_DSN": "https://sentry.io"}, "SENTRY_DSN", "https://KEY@"),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the production template names is not ours to make here."""
    folder = tmp_path_factory.mktemp("folders")
    yield {"LOG_DIR": str(folder / "logs"), "FILES_DIR": str(folder / "files")}


def start(*arguments: str, **values: str) -> "subprocess.CompletedProcess[str]":
    """A process that reads its settings as every start does."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **values},
    )


@pytest.mark.parametrize(("base", "change", "named", "said"), UNSAFE)
def test_an_unsafe_combination_is_refused_with_one_sentence(
    base: dict[str, str], change: dict[str, str], named: str, said: str
) -> None:
    done = start("-c", READ, **{**base, **change})
    sentence = done.stderr.strip()
    assert (done.returncode, len(sentence.splitlines())) == (1, 1), sentence
    assert sentence.startswith(f"{named} ") and said in sentence and sentence.endswith(".")
    secrets_said = {**base, **change}
    for name in ("SECRET_KEY", "JWT_SECRET_KEY", "STRIPE_SECRET_KEY", "METRICS_TOKEN"):
        assert not secrets_said.get(name) or secrets_said[name] not in sentence


@pytest.mark.parametrize(
    "base",
    [LIVE, {**LIVE, "SECURE_COOKIES": "True"}, {**LIVE, "ALLOWED_HOSTS": ".riverbank.org.uk"}],
)
def test_a_sound_production_starts(base: dict[str, str]) -> None:
    done = start("-c", READ + "\nprint(s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS)", **base)
    assert (done.returncode, done.stdout.split()) == (0, ["True", "31536000"]), done.stderr


def test_the_production_template_filled_passes_the_deployment_check(
    folders: dict[str, str],
) -> None:
    template = {
        name: value or ""
        for name, value in dotenv_values(ROOT / ".env_production").items()
        if value or name not in LIVE
    }
    own = {"SECRET_KEY": secrets.token_urlsafe(48), "JWT_SECRET_KEY": secrets.token_urlsafe(48)}
    webhook = {"STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(16)}
    values = {**LIVE, **template, **own, **webhook, **folders}
    values["DATABASE_URL"] = os.environ["DATABASE_URL"]  # Some checks ask it.
    done = start("manage.py", "check", "--deploy", "--fail-level", "INFO", **values)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "no issues (" in done.stdout


def test_the_production_template_unfilled_says_what_is_missing(folders: dict[str, str]) -> None:
    template = {k: v or "" for k, v in dotenv_values(ROOT / ".env_production").items()}
    done = start("manage.py", "check", **{**template, **folders})
    assert done.returncode == 1
    assert done.stderr.startswith("Domaap can't start. SECRET_KEY is missing: ")


@pytest.mark.parametrize("template", [".env_local", ".env_ip", ".env_ngrok"])
def test_a_template_copied_as_it_is_starts(template: str, tmp_path: Path) -> None:
    values = {k: v or "" for k, v in dotenv_values(ROOT / template).items()}
    # Without a DATABASE_URL the embedded mode makes the secrets that the template leaves out.
    unset = {name for name in values if name.endswith("KEY") or name == "STRIPE_WEBHOOK_SECRET"}
    env = {k: v for k, v in os.environ.items() if k not in unset} | {
        k: v for k, v in values.items() if k not in unset
    }
    done = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**env, "LOG_DIR": str(tmp_path), "FILES_DIR": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "door",
    [
        ("manage.py", "migrate"),
        ("manage.py", "worker"),
        ("manage.py", "runserver", "--noreload", "0"),
        ("-m", "gunicorn", "donor_management.wsgi", "--bind", "127.0.0.1:0"),
        ("-m", "tools.run"),
    ],
)
def test_no_process_of_ours_starts_with_debug_beside_a_live_key(door: tuple[str, ...]) -> None:
    done = start(*door, **{**LIVE, "DEBUG": "True"})
    assert done.returncode in (1, 3)
    assert "Domaap can't start. DEBUG is True beside a live Stripe key: it accepts" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_simulator_never_runs_beside_a_live_key() -> None:
    done = start("-m", "stripe_sim", "--port", "1", STRIPE_SECRET_KEY="sk_live_51Riverbank")
    assert done.returncode == 1
    assert "never runs in production" in done.stderr


def test_random_secrets_are_never_taken_for_weak_ones() -> None:
    made = [secrets.token_urlsafe(48) for _ in range(500)] + [secrets.token_hex(32)] * 20
    assert [value for value in made if secret_weakness(value)] == []
