"""A worker that died while it sent an e-mail: the next one sends it, and nobody takes it for sent."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from api.clock import now
from api.models import Alert, Message, MessageState
from api.services.alert_emails import alert_email_send
from api.services.backups import backup_fail
from api.services.gateways.handovers import handover_open
from api.services.gateways.mail import MailError
from api.services.messages import DIED, SENDING_TIMEOUT
from tests.gateways.test_mail import Postbox, postbox

__all__ = ["postbox"]
pytestmark = pytest.mark.django_db


def test_an_email_whose_sender_died_is_sent_by_the_next_one(postbox: Postbox) -> None:
    backup_fail("The store is damaged.")
    alert = Alert.objects.get()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.services.messages.mail_send", _died)
        with pytest.raises(KeyboardInterrupt):
            alert_email_send(alert.pk)
    message = Message.objects.get()
    assert message.state == MessageState.SENDING
    alert_email_send(alert.pk)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.SENT, 2)
    assert len(postbox.envelopes) == 1


def test_an_email_whose_sender_died_after_the_last_dot_is_not_sent_again(postbox: Postbox) -> None:
    backup_fail("The store is damaged.")
    alert = Alert.objects.get()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.services.messages.mail_send", _died_late)
        with pytest.raises(KeyboardInterrupt):
            alert_email_send(alert.pk)
    alert_email_send(alert.pk)
    message = Message.objects.get()
    assert (message.state, message.error, message.attempts) == (MessageState.SENT, DIED, 1)
    assert postbox.envelopes == []


def test_of_a_sender_that_died_on_another_machine_it_is_known_after_a_while_only(
    postbox: Postbox, settings: Settings, tmp_path: Path
) -> None:
    backup_fail("The store is damaged.")
    alert = Alert.objects.get()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.services.messages.mail_send", _died)
        with pytest.raises(KeyboardInterrupt):
            alert_email_send(alert.pk)
    settings.HANDOVERS_DIR = tmp_path / "here"
    with pytest.raises(MailError, match="died with it") as caught:
        alert_email_send(alert.pk)
    assert caught.value.is_temporary and postbox.envelopes == []
    Message.objects.update(claimed_at=now() - SENDING_TIMEOUT - timedelta(seconds=1))
    alert_email_send(alert.pk)
    assert Message.objects.get().state == MessageState.SENT and len(postbox.envelopes) == 1


def test_while_one_sends_another_waits_and_leaves_nothing_behind(
    postbox: Postbox, settings: Settings
) -> None:
    backup_fail("The store is damaged.")
    alert = Alert.objects.get()
    alert_email_send(alert.pk)
    message = Message.objects.get()
    Message.objects.update(state=MessageState.QUEUED)
    with handover_open(f"message-{message.pk}") as held:
        assert held is not None
        with pytest.raises(MailError, match="Another worker"):
            alert_email_send(alert.pk)
        held.done()
    alert_email_send(alert.pk)
    assert len(postbox.envelopes) == 2
    assert not (settings.HANDOVERS_DIR / f"message-{message.pk}").exists()


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB without a free byte."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    with (tmp_path / "filled").open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
            file.flush()
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_full_disk_kills_no_sender(settings: Settings, full_disk: Path) -> None:
    settings.HANDOVERS_DIR = full_disk / "handovers"
    child = os.fork()  # What is killed here must not be the test.
    if child == 0:
        with handover_open("message-1") as held:
            assert held is not None
            held.begin(1)
            held.mark()
            held.taken()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert (os.WTERMSIG(status), os.WEXITSTATUS(status)) == (0, 0)


def test_an_email_goes_once_though_the_disk_is_full(
    postbox: Postbox, settings: Settings, full_disk: Path
) -> None:
    settings.HANDOVERS_DIR = full_disk / "handovers"
    backup_fail("The store is damaged.")
    alert = Alert.objects.get()
    for _ in range(2):
        alert_email_send(alert.pk)
    assert Message.objects.get().state == MessageState.SENT and len(postbox.envelopes) == 1


def _died(mail: object, *, marker: Callable[[], None]) -> None:
    raise KeyboardInterrupt


def _died_late(mail: object, *, marker: Callable[[], None]) -> None:
    marker()
    raise KeyboardInterrupt
