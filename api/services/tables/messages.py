"""E-mails as a table: every one that was written, and what became of it."""

from api.models import Message, MessageKind, MessageState, Right
from api.services.tables import methods
from api.services.tables.filters import Days, Options
from api.services.tables.searches import Emails, Names, NamesAlike, References
from api.services.tables.spec import Column, Kind, Order, Table, Tone

_S = MessageState
_TONES = {
    _S.QUEUED: Tone.WAITING,
    _S.SENDING: Tone.WAITING,
    _S.SENT: Tone.GOOD,
    _S.KEPT: Tone.PLAIN,
    _S.HELD: Tone.CARE,
    _S.FAILED: Tone.BAD,
    _S.BOUNCED: Tone.BAD,
}

MESSAGES = Table(
    noun="messages",
    label="E-mails",
    one="e-mail",
    model=Message,
    right=Right.MESSAGES_VIEW,
    keys={"donor_reference": "donor__reference"},
    columns=[
        Column("created_at", "Written", Kind.MOMENT, link="/admin/messages/{pk}/"),
        Column("kind", "Kind", Kind.TEXT, choices=dict(MessageKind.choices)),
        Column("subject", "Subject", link="/admin/messages/{pk}/"),
        Column(
            "donor",
            "Donor",
            source="donor__name",
            right=Right.DONORS_VIEW,
            link="/admin/donors/{donor_reference}/",
        ),
        Column("to", "To", right=Right.DONORS_CONTACT),
        Column("state", "State", Kind.STATUS, choices=dict(_S.choices), tones=_TONES),
        Column("sent_at", "Sent", Kind.MOMENT, is_nullable=True),
        Column("language", "Language", Kind.CODE, is_default=False),
        Column("error", "What the mail server said", right=Right.DONORS_CONTACT, is_default=False),
    ],
    orders=[Order("created_at", "Written", ["created_at"], is_descending=True)],
    filters=[
        Options("state", "State", choices=dict(_S.choices)),
        Options("kind", "Kind", choices=dict(MessageKind.choices)),
        Days("created", "Written", path="created_at"),
        methods.reference("donor", "Donor", "donor__reference", right=Right.DONORS_VIEW),
    ],
    searches=[
        References(model=Message, paths=("donation__reference", "donor__reference")),
        Emails(donor="donor"),
        Names(donor="donor"),
        Emails(donor="donor", is_last=True),
        NamesAlike(donor="donor"),
    ],
    search_hint="Name, e-mail address or reference",
    empty="No e-mail was written yet. Each paid gift brings one, by itself.",
)
