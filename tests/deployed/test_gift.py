"""A person gives in a browser over HTTPS, from the page to the receipt."""

import os
import secrets
import subprocess

from tests.conftest import until
from tests.deployed.site import Deployed
from tools.chromium import chromium_find
from tools.places import FRONTEND, node, node_environment


def test_a_gift_in_the_browser_ends_in_thanks_and_one_receipt(site: Deployed) -> None:
    address = f"{secrets.token_hex(6)}@example.org"
    playwright = str(FRONTEND / "node_modules" / "@playwright" / "test" / "cli.js")
    told = {"BASE_URL": site.url, "CHROMIUM": chromium_find(), "GIVER": address}
    done = subprocess.run(
        [node(), playwright, "test", "--config", "playwright.deployed.config.ts"],
        cwd=FRONTEND,
        env={**os.environ, **node_environment(), **told},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert until(lambda: bool(site.mails.to(address)))
    mails = site.mails.to(address)
    assert len(mails) == 1
    files = [part for part in mails[0].walk() if part.get_content_type() == "application/pdf"]
    content = files[0].get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF-")
