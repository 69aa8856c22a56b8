"""The answers file: what an operator says once, checked line by line."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, field, fields
from ipaddress import ip_address, ip_network
from pathlib import Path

SECRETS = ("stripe_secret_key", "stripe_webhook_secret", "email_host_password", "database_url")
TLS_KINDS = ("certbot", "self-signed", "files")
SETTING = re.compile(r"[A-Z][A-Z0-9_]*")
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
HOST = re.compile(rf"{LABEL}(\.{LABEL})*")
YES_OR_NO = {"true", "1", "yes", "on", "false", "0", "no", "off"}
EMAIL = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")


class AnswerError(Exception):
    """An answer is missing or wrong; the text names it and what it accepts."""


@dataclass(frozen=True)
class Answers:
    """What answers.example explains, with its defaults. `settings`: lines that go to .env as they are."""

    host: str = ""
    tls: str = "certbot"
    tls_certificate: str = ""
    tls_key: str = ""
    admin_email: str = ""
    charity_name: str = ""
    charity_number: str = ""
    charity_email: str = ""
    charity_address: str = ""
    stripe_publishable_key: str = ""
    stripe_secret_key: str = ""
    stripe_webhook_secret: str = ""
    email_host: str = "smtp.gmail.com"
    email_port: str = "587"
    email_host_user: str = ""
    email_host_password: str = ""
    email_use_tls: str = "True"
    database_url: str = ""
    trusted_proxies: str = ""
    giving_per_second: str = "10"
    sign_in_per_minute: str = "60"
    http_port: str = "80"
    https_port: str = "443"
    web_port: str = "8000"
    metrics_port: str = "9180"
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def is_address(self) -> bool:
        """Whether the site has an IP address and no name: no certificate authority then, no HSTS."""
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def site_url(self) -> str:
        """Where donors go; a port only when it is not the usual one."""
        return f"https://{self.site_host}"

    @property
    def site_host(self) -> str:
        """What a browser sends as the host."""
        port = "" if self.https_port == "443" else f":{self.https_port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}{port}"

    @property
    def proxies(self) -> list[str]:
        """Networks of load balancers or CDNs before nginx."""
        return [part.strip() for part in self.trusted_proxies.split(",") if part.strip()]


def answers_read(path: Path) -> Answers:
    """The answers of a file, all checked. Raises AnswerError."""
    if not path.is_file():
        raise AnswerError(f"There is no {path}: copy deploy/answers.example and fill it in.")
    try:
        answers = answers_parse(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise AnswerError(f"{path} is not a text in UTF-8: save it as one.") from error
    mode = path.stat().st_mode
    if mode & (stat.S_IRGRP | stat.S_IROTH) and any(getattr(answers, name) for name in SECRETS):
        raise AnswerError(f"{path} holds secrets and others may read it: chmod 600 {path}")
    return answers


def answers_parse(text: str) -> Answers:
    """The answers of a text, all checked. Raises AnswerError."""
    known = {each.name for each in fields(Answers)} - {"settings"}
    values: dict[str, str] = {}
    settings: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not (name in known or SETTING.fullmatch(name)):
            raise AnswerError(f"Line {number} is not understood: {name!r} is no answer's name.")
        kept = values if name in known else settings
        _demand(name not in kept, name, f"one line, and line {number} is another")
        is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        _demand(not is_quoted, name, "a value without quotes around it")
        # An empty answer is the one that stands in the example.
        if value or kept is settings:
            kept[name] = value
    answers = Answers(**values, settings=settings)
    _check(answers)
    return answers


def _check(answers: Answers) -> None:
    is_host = answers.is_address or bool(HOST.fullmatch(answers.host))
    _demand(is_host, "host", "a name such as give.example.org, or an IP, without https:// or port")
    _demand(answers.tls in TLS_KINDS, "tls", f"one of {', '.join(TLS_KINDS)}")
    if answers.tls == "files":
        for name in ("tls_certificate", "tls_key"):
            is_there = Path(getattr(answers, name)).is_file() and bool(getattr(answers, name))
            _demand(is_there, name, "the path of a PEM file, with tls=files")
    if answers.tls == "certbot":
        _demand(not answers.is_address, "tls", "self-signed or files, for a site without a name")
    for name in ("charity_name", "charity_number", "charity_email", "charity_address"):
        _demand(bool(getattr(answers, name)), name, "what is printed on receipts")
    for name in ("admin_email", "charity_email"):
        _demand(bool(EMAIL.fullmatch(getattr(answers, name))), name, "an address of e-mail")
    _demand(answers.email_use_tls.lower() in YES_OR_NO, "email_use_tls", "True or False")
    _check_ports(answers)
    for name in ("giving_per_second", "sign_in_per_minute"):
        value = getattr(answers, name)
        _demand(value.isdecimal() and 0 < int(value) <= 10_000, name, "a number from 1 to 10000")
    for each in answers.proxies:
        _demand(_is_network(each), "trusted_proxies", "addresses and networks, comma separated")


def _check_ports(answers: Answers) -> None:
    own = ("http_port", "https_port", "web_port", "metrics_port")
    for name in (*own, "email_port"):
        value = getattr(answers, name)
        _demand(value.isdecimal() and 0 < int(value) < 65536, name, "a port from 1 to 65535")
    taken: dict[int, str] = {}
    for name in own:
        port = int(getattr(answers, name))
        _demand(port not in taken, name, f"another port than {taken.get(port)}")
        taken[port] = name


def _is_network(text: str) -> bool:
    """Not all of them: then anybody could say where a visitor comes from."""
    try:
        return ip_network(text).prefixlen > 0
    except ValueError:
        return False


def _demand(is_good: bool, name: str, accepts: str) -> None:
    if not is_good:
        raise AnswerError(f"{name} is missing or wrong: it accepts {accepts}.")
