"""A worker that died while it sent an e-mail: the next one sends it, and nobody takes it for sent."""

from datetime import timedelta

import pytest

from api.clock import now
from api.models import Alert, Message, MessageState
from api.services.alert_emails import alert_email_send
from api.services.backups import backup_fail
from api.services.gateways.mail import MailError
from api.services.messages import SENDING_TIMEOUT
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
    with pytest.raises(MailError, match="died with it") as caught:
        alert_email_send(alert.pk)
    assert caught.value.is_temporary
    Message.objects.update(claimed_at=now() - SENDING_TIMEOUT - timedelta(seconds=1))
    alert_email_send(alert.pk)
    message.refresh_from_db()
    assert message.state == MessageState.SENT


def _died(mail: object) -> None:
    raise KeyboardInterrupt
