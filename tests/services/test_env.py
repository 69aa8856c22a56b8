"""A wrong or missing setting stops the start with one sentence that names it and what it accepts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from donor_management.env import SettingError, _file
from donor_management.owners import folder_owner
from tests.environment import ROOT
from tests.tools.test_set_up import names_in

READ = (
    "import sys; from donor_management.env import SettingError\n"
    "try: import donor_management.settings as s; print(s.ALLOWED_HOSTS, s.MAILERS)\n"
    "except SettingError as error: sys.exit(str(error))"
)
ANY = "postgresql://user@127.0.0.1:1/domaap_db"
# What is set, the variable that the sentence must begin with, and what it must say.
WRONG = [
    ({"SECRET_KEY": "tiny"}, "SECRET_KEY", "32 or more"),
    ({"SECRET_KEY": ""}, "SECRET_KEY", "put it in .env"),
    ({"DEBUG": "perhaps"}, "DEBUG", "True or False"),
    ({"ALLOWED_HOSTS": "https://give.example.org"}, "ALLOWED_HOSTS", "without https://"),
    ({"ALLOWED_HOSTS": "localhost:8000"}, "ALLOWED_HOSTS", "or port"),
    ({"ALLOWED_HOSTS": ","}, "ALLOWED_HOSTS", "give.example.org"),
    ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL", "postgresql://"),
    ({"DATABASE_URL": "postgresql://u:p@host:5432"}, "DATABASE_URL", "/domaap_db"),
    ({"DATABASE_URL": "postgresql://u:p@host:port/domaap_db"}, "DATABASE_URL", "5432"),
    ({"DATABASE_URL": "postgresql://[host/domaap_db"}, "DATABASE_URL", "HOST"),
    ({"DATABASE_URL": ANY + "?pool_size=many"}, "DATABASE_URL", "postgresql://"),
    ({"DATABASE_POOL_MODE": "statement"}, "DATABASE_POOL_MODE", "transaction"),
    ({"DATABASE_POOL_MODE": "transaction"}, "DIRECT_DATABASE_URL", "past PgBouncer"),
    ({"DIRECT_DATABASE_URL": "mysql://x/y"}, "DIRECT_DATABASE_URL", "postgresql://"),
    ({"REPLICA_DATABASE_URL": "postgresql://a:0/b"}, "REPLICA_DATABASE_URL", "5432"),
    ({"DATABASE_URL": "postgresql://a:1,b:0/domaap_db"}, "DATABASE_URL", "HOST"),
    ({"FILES_S3_BUCKET": "s3://files"}, "FILES_S3_BUCKET", "name of a bucket"),
    (
        {"FILES_S3_BUCKET": "files", "FILES_S3_ENDPOINT": "minio"},
        "FILES_S3_ENDPOINT",
        "https://",
    ),
    ({"FILES_S3_BUCKET": "files", "FILES_S3_REGION": "eu west"}, "FILES_S3_REGION", "eu-west-2"),
    ({"FILES_S3_KEY": "key"}, "FILES_S3_SECRET", "other half"),
    ({"FILES_S3_SECRET": "secret"}, "FILES_S3_KEY", "other half"),
    ({"LOG_DIR": "/dev/null/logs"}, "LOG_DIR", "a folder"),
    ({"FILES_DIR": "/dev/null/files"}, "FILES_DIR", "a folder"),
    ({"RECEIPT_SIGNING_KEY": "c2hvcnQ="}, "RECEIPT_SIGNING_KEY", "32 random bytes"),
    ({"SITE_URL": "give.example.org"}, "SITE_URL", "https://"),
    ({"SITE_URL": "https://example.org/give"}, "SITE_URL", "without a path"),
    ({"WEB_PORT": "eighty"}, "WEB_PORT", "1 to 65535"),
    ({"SITE_PORT": "0"}, "SITE_PORT", "1 to 65535"),
    ({"STRIPE_SIM_PORT": "65536"}, "STRIPE_SIM_PORT", "1 to 65535"),
    ({"STRIPE_SECRET_KEY": "pk_test_1"}, "STRIPE_SECRET_KEY", "sk_test_"),
    ({"STRIPE_SECRET_KEY": "sk_test_1"}, "STRIPE_PUBLISHABLE_KEY", "pk_"),
    ({"STRIPE_PUBLISHABLE_KEY": "sk_test_1"}, "STRIPE_PUBLISHABLE_KEY", "pk_test_"),
    ({"STRIPE_PUBLIC_KEY": "sk_test_1"}, "STRIPE_PUBLIC_KEY", "pk_test_"),
    ({"STRIPE_PUBLIC_KEY": "pk_test_1"}, "STRIPE_SECRET_KEY", "sk_test_"),
    (
        {"STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_PUBLISHABLE_KEY": "pk_test_1"},
        "STRIPE_PUBLISHABLE_KEY",
        "pk_live_",
    ),
    ({"STRIPE_WEBHOOK_SECRET": "sk_test_1"}, "STRIPE_WEBHOOK_SECRET", "whsec_"),
    ({"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET", "put it in .env"),
    ({"JWT_SECRET_KEY": "tiny"}, "JWT_SECRET_KEY", "32 or more"),
    ({"JWT_SECRET_KEY": ""}, "JWT_SECRET_KEY", "put it in .env"),
    ({"JWT_COOKIE_NAME": "access token"}, "JWT_COOKIE_NAME", "letters, digits"),
    ({"ACTIVE_COOKIE_DOMAIN": "https://a.org"}, "ACTIVE_COOKIE_DOMAIN", "without https://"),
    ({"JWT_SECRET_KEY": "a" * 40 + ",tiny"}, "JWT_SECRET_KEY", "32 or more"),
    ({"TRUSTED_PROXIES": "nginx"}, "TRUSTED_PROXIES", "127.0.0.1"),
    ({"EMAIL_HOST": "smtp://mail.example.org"}, "EMAIL_HOST", "smtp.gmail.com"),
    ({"EMAIL_HOST": "", "DEBUG": "False"}, "EMAIL_HOST", "smtp.gmail.com"),
    ({"EMAIL_PORT": "tls"}, "EMAIL_PORT", "1 to 65535"),
    ({"EMAIL_HOST_USER": "giving"}, "EMAIL_HOST_PASSWORD", "app password"),
    ({"EMAIL_HOST_PASSWORD": "1234"}, "EMAIL_HOST_USER", "account"),
    ({"EMAIL_USE_TLS": "starttls"}, "EMAIL_USE_TLS", "True or False"),
    ({"DEFAULT_FROM_EMAIL": "Riverbank"}, "DEFAULT_FROM_EMAIL", "giving@example.org"),
    ({"BOUNCE_IMAP_HOST": "imap\nexample"}, "BOUNCE_IMAP_HOST", "one line"),
    ({"BOUNCE_IMAP_PORT": "imap"}, "BOUNCE_IMAP_PORT", "65535"),
    ({"BOUNCE_IMAP_USER": "a\nb"}, "BOUNCE_IMAP_USER", "one line"),
    ({"BOUNCE_IMAP_PASSWORD": "a\nb"}, "BOUNCE_IMAP_PASSWORD", "one line"),
    ({"BOUNCE_IMAP_FOLDER": "a\nb"}, "BOUNCE_IMAP_FOLDER", "one line"),
    ({"MAIL_WEBHOOK_SECRET": "short:word"}, "MAIL_WEBHOOK_SECRET", "user:password"),
    ({"ADDRESS_HASH_KEY": "short"}, "ADDRESS_HASH_KEY", "32 characters"),
    ({"CHARITY_YEAR_END": "31 March"}, "CHARITY_YEAR_END", "MM-DD"),
    ({"EMBED_ORIGINS": "www.riverbank.org"}, "EMBED_ORIGINS", "without a path"),
    ({"CHARITY_PHONE": "call us"}, "CHARITY_PHONE", "0121 496 0000"),
    ({"DUNNING_POLICY_FILE": "/nowhere.json"}, "DUNNING_POLICY_FILE", "a file that can be read"),
    ({"CHARITY_NAME": "River\nbank"}, "CHARITY_NAME", "one line"),
    ({"CHARITY_NUMBER": "no. 1234567!"}, "CHARITY_NUMBER", "SC012345"),
    ({"STAFF_ALERT_EMAIL": "Dora"}, "STAFF_ALERT_EMAIL", "giving@example.org"),
    ({"CHARITY_EMAIL": "giving"}, "CHARITY_EMAIL", "giving@example.org"),
    ({"CHARITY_ADDRESS": "12 Mill Lane\nBirmingham"}, "CHARITY_ADDRESS", "one line"),
    ({"GIFT_CURRENCIES": "pounds"}, "GIFT_CURRENCIES", "GBP,EUR"),
    ({"GIFT_RHYTHMS": "daily"}, "GIFT_RHYTHMS", "week, month, quarter, year"),
    ({"BOUNCE_IMAP_USE_TLS": "ssl"}, "BOUNCE_IMAP_USE_TLS", "True or False"),
    ({"DOMAAP_ENV": "staging"}, "DOMAAP_ENV", "production"),
    ({"SECURE_COOKIES": "always"}, "SECURE_COOKIES", "True or False"),
    ({"METRICS_TOKEN": "tiny"}, "METRICS_TOKEN", "32 or more"),
    ({"SENTRY_DSN": "https://sentry.io"}, "SENTRY_DSN", "https://KEY@"),
]
SECRETS = ("SECRET_KEY", "KEY", "PASSWORD", "SECRET", "DATABASE_URL")


def settings_read(**changes: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own, as every start does."""
    return subprocess.run(
        [sys.executable, "-c", READ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "", **changes},
    )


@pytest.mark.parametrize(("changes", "named", "accepted"), WRONG)
def test_a_wrong_setting_stops_the_start_with_a_sentence(
    changes: dict[str, str], named: str, accepted: str
) -> None:
    done = settings_read(**changes)
    sentence = done.stderr.strip()
    assert (done.returncode, len(sentence.splitlines())) == (1, 1), sentence
    assert sentence.startswith(named + " ") and accepted in sentence
    assert "accepts" in sentence or "put it in .env" in sentence
    if named.endswith(SECRETS):
        assert not any(value and value in sentence for value in changes.values())


def test_every_variable_of_the_templates_is_in_the_table() -> None:
    # Any path will do for a file that somebody else writes; `make https` alone reads its port.
    named = {name for changes, _, _ in WRONG for name in changes} | {
        "BACKUP_STATUS_FILE",
        "HTTPS_PORT",
    }
    assert named == set(names_in(".env.example"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ALLOWED_HOSTS": "give.example.org, 203.0.113.10,[::1]"}, "'203.0.113.10', '[::1]'"),
        ({"ALLOWED_HOSTS": ".example.org"}, "'.example.org'"),
        ({"EMAIL_HOST": "smtp.gmail.com", "DEBUG": "False"}, "'port': 587"),
        ({"EMAIL_HOST": "", "DEBUG": "True"}, "{}"),
        ({"DATABASE_URL": "postgresql://u:p@a:5432,b:5433/d?target_session_attrs=read-write"}, ""),
        ({"STRIPE_SECRET_KEY": "rk_test_1", "STRIPE_PUBLIC_KEY": "pk_test_1"}, "localhost"),
        ({"DEFAULT_FROM_EMAIL": "Łukasz & Co <give@example.org>"}, "localhost"),
        ({"SITE_URL": "http://203.0.113.10/", "ACTIVE_COOKIE_DOMAIN": "203.0.113.10"}, "localhost"),
        ({"DATABASE_URL": "postgresql://u:p%40%2F%23@[::1]/domaap_db?sslmode=require"}, "{}"),
    ],
)
def test_what_a_setting_accepts_is_accepted(changes: dict[str, str], expected: str) -> None:
    done = settings_read(**changes)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


@pytest.mark.parametrize(
    "door",
    [
        ("manage.py", "check"),
        ("manage.py", "runserver", "--noreload", "0"),
        ("-m", "gunicorn", "donor_management.wsgi", "--bind", "127.0.0.1:0"),
        ("-m", "tools.prepare"),
    ],
)
def test_every_door_says_the_sentence_and_shows_no_traceback(door: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, *door],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "JWT_SECRET_KEY": "tiny"},
    )
    assert done.returncode in (1, 3)
    assert "Domaap can't start. JWT_SECRET_KEY is too short: it accepts" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_settings_that_cannot_be_read_is_said_in_a_sentence() -> None:
    # A regular file that even root can't read from its beginning.
    with pytest.raises(
        SettingError, match=r"^/proc/self/mem can't be read \(.*\): .*sudo -u domaap"
    ):
        _file(Path("/proc/self/mem"))


def test_what_root_writes_into_the_logs_is_their_folder_s_owner_s(tmp_path: Path) -> None:
    assert folder_owner(tmp_path) is None or tmp_path.owner() != "root"
    if os.geteuid() == 0:
        shutil.chown(tmp_path, "nobody", "nogroup")
        assert folder_owner(tmp_path) == ("nobody", "nogroup")
        os.chown(tmp_path, 54321, 54321)
        assert folder_owner(tmp_path) is None
