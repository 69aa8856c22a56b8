"""Fills the kit's templates: `@NAME@` becomes a value, and a name without one is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.kit.answers import Answers
from deploy.kit.memory import memory_shares
from deploy.kit.pages import PAGES

KIT = Path(__file__).resolve().parent.parent
PLACEHOLDER = re.compile(r"@([A-Z][A-Z0-9_]*)@")
# From this version on `http2` is a directive of its own.
HTTP2_DIRECTIVE = (1, 25, 1)
HSTS_SECONDS = 2 * 365 * 24 * 3600


class TemplateError(Exception):
    """A template names a value that nobody gives."""


@dataclass(frozen=True)
class Places:
    """Where everything is. Tests put it all below one folder."""

    base: Path = Path("/srv/domaap")
    run: Path = Path("/run/domaap")
    logs: Path = Path("/var/log/domaap")
    nginx: Path = Path("/etc/nginx/domaap")
    nginx_entry: Path = Path("/etc/nginx/conf.d/domaap.conf")
    nginx_logs: Path = Path("/var/log/nginx")
    units: Path = Path("/etc/systemd/system")
    logrotate: Path = Path("/etc/logrotate.d")
    letsencrypt: Path = Path("/etc/letsencrypt")
    user: str = "domaap"
    nginx_group: str = "www-data"

    @property
    def releases(self) -> Path:
        """One folder for each release."""
        return self.base / "releases"

    @property
    def current(self) -> Path:
        """The link to the release that serves."""
        return self.base / "current"

    @property
    def shared(self) -> Path:
        """What outlives a release: settings, files, the site's assets, certificates."""
        return self.base / "shared"


@dataclass(frozen=True)
class Machine:
    """What the templates must know of the machine."""

    nginx_version: tuple[int, ...] = (1, 22, 1)
    has_ipv6: bool = True
    has_brotli: bool = False
    memory_mib: int = 4096


def rendered(
    answers: Answers, places: Places, machine: Machine, *, release: str
) -> dict[Path, str]:
    """Every file that the kit puts on a machine, with its text. `release` is the one that serves."""
    values = _values(answers, places, machine) | {"RELEASE": release}
    made = {places.nginx_entry: fill((KIT / "nginx" / "domaap.conf").read_text(), values)}
    for path in sorted((KIT / "nginx" / "parts").glob("*.conf")):
        made[places.nginx / path.name] = fill(path.read_text(), values)
    page = (KIT / "nginx" / "page.html").read_text()
    for name, words in PAGES.items():
        made[places.nginx / "pages" / f"{name}.html"] = fill(page, values | words)
    for path in sorted((KIT / "systemd").rglob("*.*")):
        if path.is_file():
            made[places.units / path.relative_to(KIT / "systemd")] = fill(path.read_text(), values)
    made[places.logrotate / "domaap"] = fill((KIT / "logrotate" / "domaap").read_text(), values)
    return made


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each placeholder's value. Raises TemplateError on one that has none."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise TemplateError(f"No value is given for {found[0]}.")
        return values[found[1]]

    return PLACEHOLDER.sub(value, text)


def _values(answers: Answers, places: Places, machine: Machine) -> dict[str, str]:
    """Answers, places and the machine, as the templates name them."""
    return {
        **_addresses(answers, machine, certificate=f"include {places.nginx}/tls-certificate.conf;"),
        **_places(places),
        **memory_shares(machine.memory_mib),
        "CHARITY_NAME": _html(answers.charity_name),
        "GIVING_PER_SECOND": answers.giving_per_second,
        "GIVING_BURST": str(6 * int(answers.giving_per_second)),
        "SIGN_IN_PER_MINUTE": answers.sign_in_per_minute,
        "REAL_ADDRESS": _real_address(answers.proxies),
        "BROTLI": BROTLI if machine.has_brotli else "",
    }


def _addresses(answers: Answers, machine: Machine, *, certificate: str) -> dict[str, str]:
    """Where nginx listens, and under which name."""
    has_directive = machine.nginx_version >= HTTP2_DIRECTIVE
    tls = "ssl" if has_directive else "ssl http2"
    host = f"[{answers.host}]" if ":" in answers.host else answers.host
    # A visitor of an address sends no name in the handshake: refusing unknown names would refuse all.
    refuses = not answers.is_address
    return {
        "HOST": host,
        "SITE_HOST": answers.site_host,
        "SITE_URL": answers.site_url,
        "WEB_PORT": answers.web_port,
        "METRICS_PORT": answers.metrics_port,
        "HTTP2": "http2 on;" if has_directive else "",
        "LISTEN_HTTP": _listen(answers.http_port, "", machine),
        "LISTEN_HTTP_DEFAULT": _listen(answers.http_port, "default_server", machine),
        "LISTEN_HTTPS": _listen(answers.https_port, tls, machine),
        "LISTEN_HTTPS_DEFAULT": _listen(answers.https_port, f"{tls} default_server", machine),
        "UNKNOWN_NAMES": "ssl_reject_handshake on;" if refuses else certificate,
        "HSTS": HSTS if answers.tls != "self-signed" and not answers.is_address else "",
    }


def _places(places: Places) -> dict[str, str]:
    return {
        "BASE": str(places.base),
        "RUN": str(places.run),
        "LOGS": str(places.logs),
        "NGINX": str(places.nginx),
        "NGINX_LOGS": str(places.nginx_logs),
        "USER": places.user,
        "NGINX_GROUP": places.nginx_group,
    }


HSTS = f'add_header Strict-Transport-Security "max-age={HSTS_SECONDS}" always;'
BROTLI = """brotli on;
brotli_comp_level 5;
brotli_types text/plain text/css text/javascript application/javascript application/json
    application/problem+json image/svg+xml font/ttf;"""


def _listen(port: str, more: str, machine: Machine) -> str:
    hosts = ["", "[::]:"] if machine.has_ipv6 else [""]
    return "\n    ".join(f"listen {host}{port} {more}".rstrip() + ";" for host in hosts)


def _real_address(proxies: list[str]) -> str:
    """Whom nginx believes; nobody unless the operator said so."""
    if not proxies:
        return "# No proxy before nginx: the address is whoever connects."
    lines = [f"set_real_ip_from {each};" for each in proxies]
    return "\n".join([*lines, "real_ip_header X-Forwarded-For;", "real_ip_recursive on;"])


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
