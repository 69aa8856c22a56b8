"""What staff do with an e-mail that was written: read it as it went, and send again what did not go."""

from django.db import transaction

from api.errors import MoveRefused, NotFound
from api.logs import key_links_masked
from api.models import (
    MARKETING_KINDS,
    SECRET_KINDS,
    Message,
    MessageKind,
    MessageState,
    Right,
    User,
)
from api.services import jobs
from api.services.audit import audit_record
from api.services.donor_words import endings_masked
from api.services.mail_addresses import address_release
from api.services.message_files import message_files
from api.services.messages import message_send

# What may be sent again: it did not arrive. An appeal is not pressed on anybody.
AGAIN = frozenset({MessageState.FAILED, MessageState.BOUNCED, MessageState.HELD})

HIDDEN_WORDS = "What it says is for its reader alone."
NOT_FOR_ROLE = "What it says is not shown to your role."
# What some kinds tell in each line, and the right that this needs.
_NEEDED = {
    MessageKind.DEBIT_NOTICE: Right.BANK_VIEW,
    MessageKind.EMAIL_CHANGE: Right.DONORS_CONTACT,
}


def message_read(pk: int, rights: frozenset[Right]) -> Message:
    """One e-mail as somebody with these rights may read it, with what it is about. Raises NotFound.

    Links that act for the donor are cut short for everybody: staff act under their own name.
    """
    message = _find(pk)
    kind = MessageKind(message.kind)
    if kind in SECRET_KINDS:
        message.text = message.html = HIDDEN_WORDS
    elif kind in _NEEDED and _NEEDED[kind] not in rights:
        message.text = message.html = NOT_FOR_ROLE
    else:
        message.text, message.html = (_shown(said, rights) for said in (message.text, message.html))
    if Right.DONORS_CONTACT not in rights:
        message.error = ""  # A mail server names the address.
    return message


def _shown(said: str, rights: frozenset[Right]) -> str:
    said = key_links_masked(said)
    return said if Right.BANK_VIEW in rights else endings_masked(said)


def _find(pk: int) -> Message:
    found = Message.objects.select_related("donor", "donation__receipt").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such e-mail.")
    return found


def message_email_send(message_id: int) -> None:
    """Send one that was written before, with its files. Safe to call again."""
    message = _find(message_id)
    message_send(message, files=lambda: message_files(message))


def message_may_go_again(message: Message) -> bool:
    """Whether it did not arrive and may be tried once more."""
    is_forgotten = message.donor is not None and message.donor.erased_at is not None
    return (
        message.state in AGAIN
        and message.kind not in MARKETING_KINDS | SECRET_KINDS
        and not is_forgotten
    )


@transaction.atomic
def message_again(*, pk: int, actor: User) -> Message:
    """Send an e-mail that did not arrive once more, to the donor's address of today. Raises MoveRefused."""
    message = Message.objects.select_for_update(of=("self",)).select_related("donor").get(pk=pk)
    if not message_may_go_again(message):
        raise MoveRefused("Only an e-mail that did not arrive is sent again.")
    if message.donor:
        message.to = message.donor.email
        address_release(message.to)
    message.state, message.error, message.claimed_at = MessageState.QUEUED, "", None
    message.save(update_fields=["to", "state", "error", "claimed_at"])
    message.events.all().delete()
    audit_record(action="message.sent_again", subject=f"message:{message.pk}", actor=actor)
    jobs.defer("message_email", message_id=message.pk)
    return message
