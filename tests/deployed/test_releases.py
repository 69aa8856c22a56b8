"""Another release serves, a process dies, a release is broken: and no donor is refused."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.kit.live import CHECKS, nginx_drain, processes_start, processes_stop, switch
from deploy.kit.machine import machine_look
from deploy.kit.ready import ready_wait
from deploy.kit.releases import manage, release_current
from deploy.kit.steps import StepError
from tests.conftest import until
from tests.deployed.site import Deployed
from tools.gift_load import GiftLoad, Seen


@contextmanager
def gifts(site: Deployed) -> Iterator[Seen]:
    """Gifts come before, while and after."""
    load = GiftLoad(site.url, site.simulator, per_second=2.5)
    load.start()
    try:
        time.sleep(1.5)
        yield load.seen
        time.sleep(1.5)
    finally:
        load.stop()
    assert load.seen.is_clean, load.seen.told()


def lead_to(site: Deployed, release: str) -> None:
    """What upgrade.py does once a release is made."""
    old = release_current(site.places)
    processes_start(site.services, site.places, release)
    switch(site.answers, site.places, machine_look(), site.services, release=release)
    site.services.start("worker", release)
    site.services.stop("worker", old)
    nginx_drain(site.places)
    processes_stop(site.services, old)


def process_of(site: Deployed, part: str) -> int:
    """The process of a part of release one, below the one that keeps it running."""
    keeper = (site.places.run / "units" / f"domaap-{part}@one.pid").read_text()
    children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    return int(children[0]) if children else 0


def test_an_upgrade_and_the_way_back_refuse_no_donor_and_lose_no_gift(site: Deployed) -> None:
    site.release_make("two")
    with gifts(site) as seen:
        lead_to(site, "two")
        assert release_current(site.places) == "two"
        lead_to(site, "one")
    assert release_current(site.places) == "one"
    manage(site.places, "one", "check_ledger")  # Fails when the books do not agree.
    told = "from api.models import Donation; print(Donation.objects.filter(status='succeeded', "
    told += f"reference__in={seen.references!r}).count())"
    counted = manage(site.places, "one", "shell", "--no-imports", "-c", told)
    assert int(counted.split()[-1]) == len(seen.references)


def test_a_release_that_does_not_start_never_serves(site: Deployed) -> None:
    site.release_make("broken")
    (site.places.releases / "broken" / "donor_management" / "wsgi.py").write_text(
        "raise SystemExit(3)"
    )
    with gifts(site):
        with pytest.raises(StepError):
            processes_start(site.services, site.places, "broken")
        processes_stop(site.services, "broken")
    assert release_current(site.places) == "one"


def test_a_configuration_that_nginx_refuses_leaves_all_as_it_was(site: Deployed) -> None:
    from dataclasses import replace

    wrong = replace(site.answers, giving_per_second="0")
    with gifts(site), pytest.raises(StepError):
        switch(wrong, site.places, machine_look(), site.services, release="one")
    assert "rate=4r/s" in (site.places.nginx / "http.conf").read_text()


@pytest.mark.parametrize("part", ["web", "site"])
def test_a_process_that_is_told_to_end_and_started_again_refuses_nobody(
    site: Deployed, part: str
) -> None:
    with gifts(site):
        before = process_of(site, part)
        os.kill(before, signal.SIGTERM)
        assert until(lambda: process_of(site, part) not in {0, before})
        target = site.places.run / f"{part}-one.sock"
        assert ready_wait(target, CHECKS[part])
