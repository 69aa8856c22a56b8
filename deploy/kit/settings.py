"""The settings of the running site: `.env`, made once with secrets of its own, then the operator's.

`python -m deploy.kit.settings ENV_FILE` prints for a shell what the site needs to know of it.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import sys
from pathlib import Path

from deploy.kit.answers import Answers
from deploy.kit.steps import file_put
from deploy.kit.templates import Places

SOCKET_DATABASE = "postgresql://{user}@/domaap_db?host=/var/run/postgresql"
USUAL_PORT = "5432"
SIMULATOR_PORT = "12111"


def settings_put(answers: Answers, places: Places, *, database_port: str = USUAL_PORT) -> bool:
    """Make `.env` when there is none. One that is there is the operator's and stays as it is."""
    path = places.shared / ".env"
    if path.exists():
        return False
    values = settings_of(answers, places, database_port=database_port)
    lines = [f"{name}={_quoted(value)}" for name, value in values.items()]
    text = "# Domaap's settings; .env.example explains each. After a change:\n"
    text += "#   systemctl restart 'domaap-*@*.service'\n"
    file_put(path, text + "\n".join(lines) + "\n", mode=0o600)
    if os.geteuid() == 0:
        shutil.chown(path, places.user, places.user)
    return True


def settings_of(answers: Answers, places: Places, *, database_port: str) -> dict[str, str]:
    """Every variable of the first `.env`."""
    here = SOCKET_DATABASE.format(user=places.user)
    here += "" if database_port == USUAL_PORT else f"&port={database_port}"
    return {
        # Whose rules refuse to start without Stripe's keys: it stays away until they are there.
        "DOMAAP_ENV": "production" if answers.stripe_secret_key else "",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DEBUG": "False",
        "ALLOWED_HOSTS": f"{answers.host},127.0.0.1,localhost",
        "DATABASE_URL": answers.database_url or here,
        "LOG_DIR": str(places.logs),
        "FILES_DIR": str(places.shared / "files"),
        "SITE_URL": answers.site_url,
        "WEB_PORT": answers.web_port,
        "STRIPE_PUBLISHABLE_KEY": answers.stripe_publishable_key,
        "STRIPE_SECRET_KEY": answers.stripe_secret_key,
        # Until the operator puts Stripe's here nothing is accepted: this one nobody knows.
        "STRIPE_WEBHOOK_SECRET": answers.stripe_webhook_secret or "whsec_" + secrets.token_hex(16),
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "ACTIVE_COOKIE_DOMAIN": answers.host,
        # nginx tells the visitor's address, from whom it trusts; web hears from nginx alone.
        "TRUSTED_PROXIES": "127.0.0.1,::1",
        "EMAIL_HOST": answers.email_host,
        "EMAIL_PORT": answers.email_port,
        "EMAIL_HOST_USER": answers.email_host_user,
        "EMAIL_HOST_PASSWORD": answers.email_host_password,
        "EMAIL_USE_TLS": answers.email_use_tls,
        "CHARITY_NAME": answers.charity_name,
        "CHARITY_NUMBER": answers.charity_number,
        "CHARITY_EMAIL": answers.charity_email,
        "CHARITY_ADDRESS": answers.charity_address,
        "STAFF_ALERT_EMAIL": answers.admin_email,
        # Web hears from nginx alone and can't tell who asks for the numbers: only their bearer may.
        "METRICS_TOKEN": secrets.token_urlsafe(32),
        **answers.settings,
    }


def site_settings(path: Path) -> dict[str, str]:
    """What the site needs to know of `.env`: whether the simulator is there, and who may embed it."""
    said = settings_read(path)
    port = said.get("STRIPE_SIM_PORT") or SIMULATOR_PORT
    origin = "" if said.get("STRIPE_SECRET_KEY") else f"http://127.0.0.1:{port}"
    return {"STRIPE_SCRIPT_ORIGIN": origin, "EMBED_ORIGINS": said.get("EMBED_ORIGINS", "")}


def settings_read(path: Path) -> dict[str, str]:
    """The variables of an `.env` that we made."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {name.strip(): value.strip().strip("'\"") for name, value in pairs}


def _quoted(value: str) -> str:
    """Words that python-dotenv reads back as they are."""
    if all(letter.isalnum() or letter in "-_.,:/@+=?%[]" for letter in value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


if __name__ == "__main__":
    for name, value in site_settings(Path(sys.argv[1])).items():
        print(f"export {name}={shlex.quote(value)}")
