"""One site for all of these tests."""

from collections.abc import Iterator

import httpx
import pytest

from tests.deployed.site import Deployed, site_down, site_up
from tools.interpreters import apt_install


@pytest.fixture(scope="session")
def site() -> Iterator[Deployed]:
    """The product, deployed."""
    import shutil

    assert shutil.which("nginx") or apt_install("nginx"), "nginx is not here: apt install nginx"
    made = site_up()
    try:
        yield made
    finally:
        site_down(made)


@pytest.fixture
def http(site: Deployed) -> Iterator[httpx.Client]:
    """A client at its address."""
    with site.http() as client:
        yield client
