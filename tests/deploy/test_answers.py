"""The answers file: one mistake, one sentence; what is written to .env is read back as it was."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from deploy.kit.answers import AnswerError, answers_parse, answers_read
from deploy.kit.settings import settings_put, settings_read
from deploy.kit.steps import file_put
from deploy.kit.templates import KIT, Places
from tests.environment import ROOT

GOOD = """
host=give.example.org
tls=certbot
admin_email=dora@example.org
charity_name=Ann's & Ben's "Café"
charity_number=1234567
charity_email=giving@example.org
charity_address=12 Mill Lane, Birmingham B10 0AB
email_host=smtp.example.org
email_host_password=p'a ss#w\\rd$X
STAFF_ALERT_EMAIL=finance@example.org
"""


def places_in(folder: Path) -> Places:
    """All below one folder, as this user."""
    import getpass

    return Places(base=folder / "srv", logs=folder / "logs", user=getpass.getuser())


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("host=https://give.example.org", "host"),
        ("tls=letsencrypt", "tls"),
        ("tls=files", "tls_certificate"),
        ("host=203.0.113.10", "tls"),
        ("admin_email=", "admin_email"),
        ("charity_number=", "charity_number"),
        ("charity_email=giving", "charity_email"),
        ("email_use_tls=STARTTLS", "email_use_tls"),
        ("https_port=443;", "https_port"),
        ("https_port=80", "https_port .* http_port"),
        ("metrics_port=8000", "metrics_port .* web_port"),
        ("host=give..example.org", "host"),
        ("host=give.example.org:443", "without https:// or port"),
        ('charity_name="Riverbank"', "charity_name .* without quotes"),
        ("trusted_proxies=0.0.0.0/0", "trusted_proxies"),
        ("trusted_proxies=10.0.0.0/8,::/0", "trusted_proxies"),
        ("giving_per_second=0", "giving_per_second"),
        ("trusted_proxies=10.0.0.0/8,cloud", "trusted_proxies"),
        ("charity=Riverbank", "charity"),
        ("just words", "just words"),
    ],
)
def test_a_wrong_answer_is_named(line: str, named: str) -> None:
    name = line.split("=")[0]
    others = "\n".join(each for each in GOOD.splitlines() if not each.startswith(f"{name}="))
    with pytest.raises(AnswerError, match=named):
        answers_parse(f"{others}\n{line}\n")


def test_an_answer_given_twice_is_named() -> None:
    with pytest.raises(AnswerError, match=r"^host .* one line, and line 12 is another"):
        answers_parse(f"{GOOD}host=other.example.org\n")


def test_an_empty_answer_is_what_stands_in_the_example() -> None:
    given = {"host", "admin_email", "charity_name", "charity_number", "charity_email"}
    given |= {"charity_address"}
    example = (KIT / "answers.example").read_text()
    filled = [line for line in GOOD.splitlines() if line.split("=")[0] in given]
    rest = [line for line in example.splitlines() if line.split("=")[0] not in given]
    emptied = [line.split("=")[0] + "=" for line in rest if line and line[0] != "#"]
    assert answers_parse("\n".join([*filled, *emptied])) == answers_parse(
        "\n".join([*filled, *rest])
    )


@pytest.mark.parametrize("text", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n")])
def test_answers_written_on_windows_are_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "answers"
    path.write_bytes(text.encode())
    path.chmod(0o600)
    assert answers_read(path) == answers_parse(GOOD)
    path.write_bytes(GOOD.encode("latin-1"))
    with pytest.raises(AnswerError, match="UTF-8"):
        answers_read(path)


def test_answers_with_secrets_that_others_may_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    path.write_text(GOOD)
    path.chmod(0o644)
    with pytest.raises(AnswerError, match="chmod 600"):
        answers_read(path)
    path.chmod(0o600)
    assert answers_read(path).host == "give.example.org"


def test_the_example_names_every_answer_and_no_other() -> None:
    text = (KIT / "answers.example").read_text()
    named = {line.split("=", 1)[0] for line in text.splitlines() if line and line[0] != "#"}
    assert named == {name for name in vars(answers_parse(GOOD)) if name != "settings"}


def test_settings_are_read_back_as_they_were_answered_and_are_never_written_again(
    tmp_path: Path,
) -> None:
    answers, places = answers_parse(GOOD), places_in(tmp_path)
    assert settings_put(answers, places, database_port="5433")
    path = places.shared / ".env"
    said = dotenv_values(path)
    assert said["CHARITY_NAME"] == "Ann's & Ben's \"Café\""
    assert said["EMAIL_HOST_PASSWORD"] == "p'a ss#w\\rd$X"
    assert said["STAFF_ALERT_EMAIL"] == "finance@example.org"
    assert said["SITE_URL"] == "https://give.example.org"
    assert str(said["DATABASE_URL"]).endswith("@/domaap_db?host=/var/run/postgresql&port=5433")
    assert len(str(said["SECRET_KEY"])) >= 32
    assert said["SECRET_KEY"] != said["JWT_SECRET_KEY"]
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_text()
    assert not settings_put(answers_parse(GOOD.replace("give.", "gave.")), places)
    assert path.read_text() == before
    assert settings_read(path)["SITE_URL"] == "https://give.example.org"


def test_what_the_site_must_know_of_the_settings_is_told_to_a_shell(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("STRIPE_SECRET_KEY=\nEMBED_ORIGINS='https://a.example,https://b.example'\n")

    def told() -> list[str]:
        words = [sys.executable, "-m", "deploy.kit.settings", str(path)]
        shell = f'eval "$({shlex.join(words)})"; echo "$EMBED_ORIGINS|$STRIPE_SCRIPT_ORIGIN"'
        done = subprocess.run(["sh", "-c", shell], cwd=ROOT, capture_output=True, text=True)
        return done.stdout.strip().split("|")

    assert told() == ["https://a.example,https://b.example", "http://127.0.0.1:12111"]
    path.write_text("STRIPE_SECRET_KEY=sk_live_1\nEMBED_ORIGINS=$(touch x)\n")
    assert told() == ["$(touch x)", ""]


def test_a_file_is_put_in_place_once(tmp_path: Path) -> None:
    assert file_put(tmp_path / "a", "x") is True
    assert file_put(tmp_path / "a", "x") is False
    assert file_put(tmp_path / "a", "y") is True
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
