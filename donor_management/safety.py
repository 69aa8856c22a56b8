"""Settings that are each right and together are not: said before anything starts, in one sentence."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any
from urllib.parse import urlsplit

from donor_management.env import SettingError

# Texts that stand in guides and in other people's files: everybody knows them.
EXAMPLES = re.compile(
    r"django-insecure|change.?me|your[_-]|example|placeholder|s3cret|secret[_-]?key|\.\.\.|<.*>|x{8}",
    re.IGNORECASE,
)
LEAST_LETTERS = 10
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
EXAMPLE_CHARITY = {
    "Riverbank Community Trust",
    "1234567",
    "12 Mill Lane, Birmingham B10 0AB",
}
EXAMPLE_ADDRESS = re.compile(r"@(?:[\w.-]+\.)?example\.(?:org|com|net)\b")


@dataclass(frozen=True)
class Start:
    """What the settings say about where and how we run."""

    environment: str
    is_debug: bool
    is_embedded: bool
    site_url: str
    allowed_hosts: Sequence[str]
    trusted_proxies: Sequence[IPv4Network | IPv6Network]
    has_secure_cookies: bool
    secrets: dict[str, Sequence[str]]
    stripe_secret_key: str
    stripe_publishable_key: str
    demo_password: str
    mail_host: str
    mail_password: str
    has_mail_tls: bool
    charity: dict[str, str]

    @property
    def is_live(self) -> bool:
        """Whether real money moves."""
        return self.stripe_secret_key[2:].startswith("_live_")

    @property
    def is_production(self) -> bool:
        """Whether donors use it: by its name, or because real money moves."""
        return self.environment == "production" or self.is_live

    @property
    def has_https(self) -> bool:
        """Whether browsers reach us encrypted."""
        return self.site_url.startswith("https://")

    @property
    def where(self) -> str:
        """Why the rules of production hold, as a sentence goes on."""
        return "beside a live Stripe key" if self.is_live else "with DOMAAP_ENV=production"


def start_of(settings: Mapping[str, Any]) -> Start:
    """From the names of donor_management/settings.py."""
    mail: Mapping[str, Any] = settings["MAILERS"].get("default", {}).get("OPTIONS", {})
    charity = ("CHARITY_NAME", "CHARITY_NUMBER", "CHARITY_EMAIL", "CHARITY_ADDRESS")
    is_simulated = settings["STRIPE_IS_SIMULATED"]
    return Start(
        environment=settings["ENVIRONMENT"],
        is_debug=settings["DEBUG"],
        is_embedded=settings["IS_EMBEDDED"],
        site_url=settings["SITE_URL"],
        allowed_hosts=settings["ALLOWED_HOSTS"],
        trusted_proxies=settings["TRUSTED_PROXIES"],
        has_secure_cookies=settings["COOKIES_SECURE"],
        secrets={
            "SECRET_KEY": [settings["SECRET_KEY"]],
            "JWT_SECRET_KEY": settings["JWT_SECRET_KEYS"],
            "STRIPE_WEBHOOK_SECRET": settings["STRIPE_WEBHOOK_SECRETS"],
        },
        stripe_secret_key="" if is_simulated else settings["STRIPE_SECRET_KEY"],
        stripe_publishable_key="" if is_simulated else settings["STRIPE_PUBLISHABLE_KEY"],
        demo_password=settings["DEMO_PASSWORD"],
        mail_host=mail.get("host", ""),
        mail_password=mail.get("password", ""),
        has_mail_tls=mail.get("use_tls", True),
        charity={name: settings[name] for name in charity},
    )


def safety_check(start: Start) -> None:
    """Raise SettingError for the first combination that would harm donors or the charity."""
    for rule in (*_ALWAYS, *(_PRODUCTION if start.is_production else ())):
        if sentence := rule(start):
            raise SettingError(sentence)


def secret_weakness(value: str, *, is_ours: bool = True) -> str:
    """Why a long secret can be guessed all the same; empty when it can't. Stripe makes its own well."""
    if EXAMPLES.search(value):
        return "is an example that anybody can look up"
    if is_ours and len(set(value)) < LEAST_LETTERS:
        return "repeats a few characters"
    return ""


def _secrets(start: Start) -> str:
    for name, values in start.secrets.items():
        for value in values:
            if weakness := secret_weakness(value, is_ours=name != "STRIPE_WEBHOOK_SECRET"):
                return (
                    f"{name} {weakness}: it accepts a random text of its own "
                    '(python3 -c "import secrets; print(secrets.token_urlsafe(48))").'
                )
    if set(start.secrets["SECRET_KEY"]) & set(start.secrets["JWT_SECRET_KEY"]):
        return "JWT_SECRET_KEY is the same text as SECRET_KEY: it accepts another random text."
    return ""


def _stripe_keys(start: Start) -> str:
    keys = {
        "STRIPE_SECRET_KEY": start.stripe_secret_key,
        "STRIPE_PUBLISHABLE_KEY": start.stripe_publishable_key,
    }
    for name, value in keys.items():
        if EXAMPLES.search(value):
            return (
                f"{name} is an example: it accepts the key that Stripe's dashboard shows "
                "(Developers, API keys), or nothing for the simulator."
            )
    return ""


def _cookies(start: Start) -> str:
    if start.has_secure_cookies and not start.has_https:
        return (
            f"SECURE_COOKIES is True and SITE_URL is {start.site_url!r}: browsers keep Secure cookies "
            "from https:// only, so nobody could sign in; it accepts nothing here, or SITE_URL https://."
        )
    if start.has_https and not start.has_secure_cookies:
        return (
            f"SECURE_COOKIES is False and SITE_URL is {start.site_url!r}: sign-ins would also travel "
            "unencrypted; it accepts nothing or True here."
        )
    return ""


def _debug(start: Start) -> str:
    if start.is_debug:
        return (
            f"DEBUG is True {start.where}: it accepts False there, "
            "because its error pages show secrets and donors to anybody."
        )
    return ""


def _database(start: Start) -> str:
    if start.is_embedded:
        return (
            f"DATABASE_URL is missing {start.where}: it accepts "
            "postgresql://USER:PASSWORD@HOST:5432/domaap_db there; the embedded database is for trying out."
        )
    return ""


def _simulator(start: Start) -> str:
    if not start.stripe_secret_key:
        return (
            "STRIPE_SECRET_KEY is missing with DOMAAP_ENV=production: it accepts the secret key of "
            "your Stripe account (sk_live_..., or sk_test_... to try out); the simulator takes no money."
        )
    return ""


def _https(start: Start) -> str:
    if not start.has_https:
        return (
            f"SITE_URL is {start.site_url!r} {start.where}: it accepts an address with https:// there "
            "(docs/environments.md says how to get a certificate)."
        )
    return ""


def _hosts(start: Start) -> str:
    host = urlsplit(start.site_url).hostname or ""
    if "*" in start.allowed_hosts:
        return (
            f"ALLOWED_HOSTS is * {start.where}: it accepts names there, such as {host}, "
            "or links in e-mails could be made to lead elsewhere."
        )
    named = {name.strip("[]").lower() for name in start.allowed_hosts}
    if host not in named and not any(
        name.startswith(".") and f".{host}".endswith(name) for name in named
    ):
        return f"ALLOWED_HOSTS lacks {host}: it accepts the host of SITE_URL and names beside it."
    return ""


def _proxies(start: Start) -> str:
    if any(network.prefixlen == 0 for network in start.trusted_proxies):
        return (
            f"TRUSTED_PROXIES holds every address {start.where}: it accepts those of your own proxies "
            "there, such as 127.0.0.1,::1, or anybody could pretend to be somebody else."
        )
    return ""


def _demo(start: Start) -> str:
    if start.demo_password:
        return f"DEMO_PASSWORD is set {start.where}: it accepts nothing there; remove the line."
    return ""


def _mail(start: Start) -> str:
    is_near = start.mail_host in LOOPBACK
    if start.mail_password and not start.has_mail_tls and not is_near:
        return (
            f"EMAIL_USE_TLS is False {start.where}: it accepts True there, "
            f"or EMAIL_HOST_PASSWORD would travel to {start.mail_host} unencrypted."
        )
    return ""


def _charity(start: Start) -> str:
    """Receipts are documents for the tax office: never in an invented charity's name."""
    for name, value in start.charity.items() if start.is_live else ():
        if value in EXAMPLE_CHARITY or EXAMPLE_ADDRESS.search(value):
            return (
                f"{name} is {value!r}, an example: {start.where} it accepts your charity's own, "
                "as it stands on receipts."
            )
    return ""


Rule = Callable[[Start], str]
_ALWAYS: tuple[Rule, ...] = (_secrets, _stripe_keys, _cookies)
_PRODUCTION: tuple[Rule, ...] = (
    _debug,
    _simulator,
    _database,
    _https,
    _hosts,
    _proxies,
    _demo,
    _mail,
    _charity,
)
