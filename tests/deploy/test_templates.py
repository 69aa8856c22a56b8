"""The kit's files: complete, the same parts everywhere, and understood by those who read them."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from django.urls import get_resolver

from api.middleware import KEY_LINKS
from api.views.webhooks import WEBHOOK_PATHS
from deploy.kit.answers import Answers
from deploy.kit.memory import memory_shares
from deploy.kit.templates import Machine, Places, TemplateError, fill, rendered

ANSWERS = Answers(
    host="give.example.org", tls="files", charity_name="A & B", trusted_proxies="10.0.0.0/8"
)


def text_of(name: str, answers: Answers = ANSWERS, **machine: object) -> str:
    """One rendered file, by its name."""
    made = rendered(answers, Places(), replace(Machine(), **machine), release="one")  # type: ignore[arg-type]
    return next(text for path, text in made.items() if path.name == name)


def locations() -> list[str]:
    """What the public server's locations match, in their order."""
    return re.findall(r"^location (.+) \{$", text_of("site.conf"), re.MULTILINE)


def location_of(path: str) -> str:
    """The one that nginx takes: exact, `^~` beginning, first expression, longest beginning."""
    exact = [each for each in locations() if each == f"= {path}"]
    begins = [each for each in locations() if each.lstrip("^~ ").startswith("/")]
    fits = [each for each in begins if path.startswith(each.lstrip("^~ "))]
    longest = max(fits, key=lambda each: len(each.lstrip("^~ ")))
    if exact or longest.startswith("^~"):
        return exact[0] if exact else longest
    expressions = [each for each in locations() if each.startswith("~ ")]
    return next((each for each in expressions if re.search(each[2:], path)), longest)


def body_of(location: str) -> str:
    """What stands in a location."""
    return text_of("site.conf").split(f"location {location} {{\n")[1].split("\n}\n")[0]


def test_a_name_without_a_value_is_an_error() -> None:
    with pytest.raises(TemplateError, match="@NOBODY@"):
        fill("x @NOBODY@ @api_away", {})
    assert fill("x @SOME@ @api_away", {"SOME": "y"}) == "x y @api_away"


@pytest.mark.parametrize("version", [(1, 22, 1), (1, 24, 0), (1, 26, 3)])
def test_nothing_is_left_to_fill_in(version: tuple[int, ...]) -> None:
    for text in rendered(ANSWERS, Places(), Machine(version), release="one").values():
        assert not re.search(r"@[A-Z_]+@", text)


@pytest.mark.parametrize("path", [*WEBHOOK_PATHS, WEBHOOK_PATHS[0].rstrip("/")])
def test_stripe_s_deliveries_are_never_limited(path: str) -> None:
    body = body_of(location_of(path))
    assert "limit_req" not in body
    assert "domaap_closed" not in body
    assert "http://domaap_web" in body


@pytest.mark.parametrize(
    "path", ["/api/stripe/payment-intent/", "/api/stripe/subscription-intent/"]
)
def test_what_begins_a_gift_is_limited(path: str) -> None:
    assert "limit_req zone=domaap_giving burst=60 nodelay;" in body_of(location_of(path))


@pytest.mark.parametrize(
    "path",
    [
        "/admin/login/",
        "/admin/login/second-factor/",
        "/admin/password-forgotten/",
        "/api/auth/sign-in/",
        "/api/donor/link/",
        "/api/donor/sign-in/password/",
        "/api/donor/email/answer/",
    ],
)
def test_what_signs_in_is_limited(path: str) -> None:
    assert "limit_req zone=domaap_sign_in" in body_of(location_of(path))


def test_every_address_of_django_is_led_to_django() -> None:
    for route in get_resolver().url_patterns:
        path = f"/{route.pattern}"
        # The kept e-mails are of the embedded mode alone, the numbers for this machine alone.
        if not path.startswith(("/mailbox/", "/metrics")):
            assert "http://domaap_web" in body_of(location_of(path)), path


@pytest.mark.parametrize("begin", KEY_LINKS)
def test_links_that_are_keys_are_cut_in_nginx_s_log_as_in_ours(begin: str) -> None:
    assert f"~^{begin} {begin}***;" in text_of("http.conf")


@pytest.mark.parametrize("begin", KEY_LINKS)
def test_nor_does_nginx_s_error_log_quote_a_link_that_is_a_key(begin: str) -> None:
    assert "/key-links.conf;" in body_of(location_of(f"{begin}7/secret/"))
    assert text_of("key-links.conf").rstrip().endswith("/domaap-error.log crit;")


def test_pages_of_donors_are_led_to_the_site() -> None:
    for path in ("/", "/donate", "/thanks/abc", "/my-giving/abc", "/icon.svg", "/metrics"):
        assert "http://domaap_site" in body_of(location_of(path))


def test_http_2_is_asked_for_in_the_words_of_each_nginx() -> None:
    old, new = text_of("domaap.conf"), text_of("domaap.conf", nginx_version=(1, 26, 0))
    assert "listen 443 ssl http2;" in old
    assert "http2 on;" not in old
    assert "listen 443 ssl;" in new
    assert "http2 on;" in new


def test_an_address_instead_of_a_name_has_a_certificate_and_no_hsts() -> None:
    site = replace(ANSWERS, host="203.0.113.10", tls="self-signed")
    assert "ssl_reject_handshake" not in text_of("domaap.conf", site)
    assert "Strict-Transport-Security" not in text_of("headers.conf", site).replace(
        "proxy_hide_header Strict-Transport-Security", ""
    )
    assert "ssl_reject_handshake on;" in text_of("domaap.conf")
    assert "max-age=63072000" in text_of("headers.conf")


def test_only_named_proxies_are_believed() -> None:
    assert "set_real_ip_from 10.0.0.0/8;" in text_of("real-address.conf")
    nobody = text_of("real-address.conf", replace(ANSWERS, trusted_proxies=""))
    assert "set_real_ip_from" not in nobody


def test_pages_of_nginx_say_the_charity_s_name_safely() -> None:
    assert "A &amp; B" in text_of("502.html")
    assert "<script" not in text_of("maintenance.html")


@pytest.mark.parametrize("total", [512, 2048, 65536])
def test_memory_limits_leave_room(total: int) -> None:
    shares = memory_shares(total)
    for name in ("WEB", "WORKER", "SITE"):
        most = int(shares[f"{name}_MEMORY_MAX"][:-1])
        assert 384 <= most <= max(384, total // 2)
        assert int(shares[f"{name}_MEMORY_HIGH"][:-1]) < most


def test_nginx_understands_the_whole(tmp_path: Path) -> None:
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    places = _below(tmp_path)
    for path, text in rendered(ANSWERS, places, _machine(), release="one").items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tls = places.shared / "tls"
    tls.mkdir(parents=True)
    made = ["-keyout", str(tls / "privkey.pem"), "-out", str(tls / "fullchain.pem"), "-nodes"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:prime256v1", *made, "-subj", "/CN=x"]
    subprocess.run(command, check=True, capture_output=True)
    main = f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
    main += f"http {{ access_log off; include {places.nginx_entry}; }}\n"
    (tmp_path / "nginx.conf").write_text(main)
    command = ["nginx", "-t", "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr.replace('the "user" directive', ""), done.stderr


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    places = replace(_below(tmp_path), user="root", nginx_group="root")
    for path, text in rendered(ANSWERS, places, Machine(), release="one").items():
        if tmp_path / "units" in path.parents:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    units = sorted(str(path) for path in (tmp_path / "units").glob("domaap*.*") if path.is_file())
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if "domaap" in line]
    # Releases are not there: that is all it may miss.
    assert [line for line in said if "is not executable" not in line] == []


def _below(folder: Path) -> Places:
    (folder / "log").mkdir()
    return Places(
        base=folder / "srv",
        run=folder / "run",
        logs=folder / "log",
        nginx=folder / "nginx",
        nginx_entry=folder / "domaap.conf",
        nginx_logs=folder / "log",
        units=folder / "units",
        logrotate=folder / "logrotate",
    )


def _machine() -> Machine:
    from deploy.kit.machine import machine_look

    return replace(machine_look(), has_brotli=False)
