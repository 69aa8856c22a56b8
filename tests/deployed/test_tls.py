"""What is spoken on the wire: protocols, ciphers, names."""

import socket
import ssl
import subprocess

import httpx
import pytest

from tests.deployed.site import HOST, Deployed


def handshake(site: Deployed, *options: str, name: str = HOST) -> str:
    """What openssl says of a handshake. Its own floor is taken away, so that it is nginx that refuses."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{site.port}", "-servername", name]
    done = subprocess.run([*command, *options], input=b"", capture_output=True, check=False)
    # What nginx says in HTTP/2 is no text.
    return (done.stdout + done.stderr).decode(errors="replace")


def is_agreed(said: str) -> bool:
    return "Cipher is (NONE)" not in said and "BEGIN CERTIFICATE" in said


@pytest.mark.parametrize("protocol", ["-tls1", "-tls1_1"])
def test_old_protocols_are_refused(site: Deployed, protocol: str) -> None:
    assert not is_agreed(handshake(site, protocol, "-cipher", "DEFAULT@SECLEVEL=0"))


@pytest.mark.parametrize("protocol", ["-tls1_2", "-tls1_3"])
def test_today_s_protocols_are_spoken(site: Deployed, protocol: str) -> None:
    assert is_agreed(handshake(site, protocol))


@pytest.mark.parametrize(
    "cipher", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "NULL"]
)
def test_ciphers_without_authentication_or_forward_secrecy_are_refused(
    site: Deployed, cipher: str
) -> None:
    assert not is_agreed(handshake(site, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0"))


def test_http_2_is_agreed(site: Deployed) -> None:
    assert "ALPN protocol: h2" in handshake(site, "-alpn", "h2,http/1.1")


def test_a_name_that_is_not_ours_gets_no_handshake(site: Deployed) -> None:
    assert not is_agreed(handshake(site, name="evil.example"))


def test_a_host_that_is_not_ours_gets_no_page(site: Deployed, http: httpx.Client) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        http.get("/donate", headers={"Host": "evil.example"})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.get(f"http://127.0.0.1:{site.answers.http_port}/", trust_env=False)


def test_plain_http_leads_to_https(site: Deployed) -> None:
    plain = f"http://{HOST}:{site.answers.http_port}"
    answer = httpx.get(f"{plain}/donate?amount=25", trust_env=False)
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{site.url}/donate?amount=25"


def test_the_certificate_authority_s_challenge_is_answered_in_plain_http(site: Deployed) -> None:
    folder = site.places.base / "acme" / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True)
    (folder / "token").write_text("proof")
    plain = f"http://{HOST}:{site.answers.http_port}"
    answer = httpx.get(f"{plain}/.well-known/acme-challenge/token", trust_env=False)
    assert (answer.status_code, answer.text) == (200, "proof")


def test_a_session_is_not_kept_in_tickets(site: Deployed) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", site.port)) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as wrapped,
    ):
        assert wrapped.session is not None
        assert not wrapped.session.has_ticket
