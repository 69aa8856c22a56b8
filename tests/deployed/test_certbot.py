"""certbot and a real ACME authority (Let's Encrypt's own for tests, Pebble), through the kit's nginx."""

import shutil
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from deploy.kit.answers import Answers
from deploy.kit.certificates import certificate_issue, certificate_put
from deploy.kit.live import files_put, site_check
from deploy.kit.machine import machine_look
from deploy.kit.releases import release_current
from deploy.kit.steps import run
from deploy.kit.templates import Places
from tests.conftest import until
from tests.deployed.site import FOLDER, Deployed
from tools.acme_authority import authority, missing

NAME = "give.example.org"
# The hook speaks to nginx as on a server; here nginx has a configuration of its own.
NGINX = f'#!/bin/sh\nexec {shutil.which("nginx")} -c {FOLDER}/nginx.conf "$@"\n'
SYSTEMCTL = "#!/bin/sh\nexec nginx -s reload\n"


@pytest.fixture
def acme(site: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An authority, and what certbot and its hook find here instead of a server's own."""
    if lacks := "certbot" if not shutil.which("certbot") else missing():
        pytest.skip(f"{lacks} is not here: apt install certbot pebble")
    for name, text in (("nginx", NGINX), ("systemctl", SYSTEMCTL)):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    http_port = int(site.answers.http_port)
    with authority(tmp_path, http_port=http_port, tls_port=site.port) as found:
        settings = tmp_path / "letsencrypt" / "cli.ini"
        settings.parent.mkdir()
        settings.write_text(
            f"server = {found.url}\nwork-dir = {tmp_path}/work\nlogs-dir = {tmp_path}/logs\n"
        )
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(found.certificate))
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin")
        yield


def shown(site: Deployed) -> x509.Certificate | None:
    """The certificate that nginx shows to who asks for the name; none while it does not know it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", site.port)) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as wrapped,
        ):
            told = wrapped.getpeercert(binary_form=True)
    except OSError:
        return None
    return x509.load_der_x509_certificate(told) if told else None


def is_of_authority(found: x509.Certificate | None) -> bool:
    """Whether Pebble signed it."""
    return found is not None and "Pebble" in found.issuer.rfc4514_string()


@pytest.fixture
def named(site: Deployed, acme: None) -> Iterator[Answers]:
    """The site under a name, with `tls=certbot`; afterwards as it was."""
    answers = replace(site.answers, host=NAME, tls="certbot")
    release = release_current(site.places)
    try:
        certificate_put(answers, site.places)
        files_put(answers, site.places, machine_look(), release=release)
        site.services.nginx_reload()
        yield answers
    finally:
        certificate_put(site.answers, site.places)
        files_put(site.answers, site.places, machine_look(), release=release)
        site.services.nginx_reload()
        site_check(site.answers)


def renew(places: Places) -> None:
    """What certbot's timer does, two months later."""
    now = ["--force-renewal", "--no-random-sleep-on-renew", "--non-interactive"]
    run(["certbot", "renew", "--config-dir", places.letsencrypt, *now])


def test_certbot_brings_a_certificate_and_renews_it_and_nginx_shows_each(
    site: Deployed, named: Answers
) -> None:
    assert until(lambda: shown(site) is not None)
    assert not is_of_authority(shown(site))  # Self-signed, so that nginx could start.
    assert certificate_issue(named, site.places)
    site.services.nginx_reload()
    assert until(lambda: is_of_authority(shown(site)))
    issued = shown(site)
    assert issued
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [NAME]
    assert not certificate_issue(named, site.places)  # The installer, run again.
    assert shown(site) == issued
    renew(site.places)
    assert until(lambda: shown(site) not in {None, issued})
    assert is_of_authority(shown(site))
