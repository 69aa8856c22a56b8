"""Numbers for Prometheus, behind the kit's nginx: on this machine, to the token's bearer, and nowhere else."""

import httpx
import pytest

from deploy.kit.settings import settings_read
from tests.deployed.site import Deployed


def asked(site: Deployed, path: str, token: str = "") -> httpx.Response:
    """What Prometheus's own listener answers."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://127.0.0.1:{site.answers.metrics_port}{path}"
    return httpx.get(url, headers=headers, trust_env=False)


@pytest.fixture
def token(site: Deployed) -> str:
    """As the installer made it."""
    return settings_read(site.places.shared / ".env")["METRICS_TOKEN"]


def test_prometheus_reads_the_numbers_on_the_loopback_with_its_token(
    site: Deployed, token: str
) -> None:
    answer = asked(site, "/metrics", token)
    assert answer.status_code == 200
    assert "domaap_database_up 1.0" in answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert asked(site, "/metrics").status_code == 404
    assert asked(site, "/metrics", "another" * 6).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/admin/login/", "/api/giving/", "/metrics/", "/health/ready"]
)
def test_its_listener_has_nothing_else(site: Deployed, token: str, path: str) -> None:
    assert asked(site, path, token).status_code == 404


def test_the_public_listener_does_not_know_the_numbers(
    site: Deployed, http: httpx.Client, token: str
) -> None:
    answer = http.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 404
    assert "domaap_database_up" not in answer.text
