"""Links in e-mails that are keys themselves: what is kept of such an e-mail holds a stand-in for them."""

from django.conf import settings
from django.core import signing

from api.models import Message, MessageKind

LINK_SALT = "donor-link"
CHANGE_SALT = "email-change"
# What the log of e-mails shows: the page where anybody may ask for a link of their own.
STAND_IN = f"{settings.SITE_URL}/my-giving#a-link-that-only-its-reader-sees"
_PATHS = {
    MessageKind.DONOR_LINK: (LINK_SALT, "/my-giving/in/"),
    MessageKind.EMAIL_CHANGE: (CHANGE_SALT, "/my-giving/address/"),
}


def secret_sign(what: str, salt: str) -> str:
    """A text that nobody else can make: when it is over is told by the row that it names."""
    return signing.Signer(salt=salt, sep=".").sign(what)


def secret_read(token: str, salt: str) -> str:
    """What was signed; empty for what is not ours."""
    try:
        return signing.Signer(salt=salt, sep=".").unsign(token)
    except signing.BadSignature:
        return ""


def message_revealed(message: Message) -> Message:
    """The e-mail as its reader gets it. It is not kept so: nobody but the reader has the link."""
    if message.kind in _PATHS:
        salt, path = _PATHS[MessageKind(message.kind)]
        link = f"{settings.SITE_URL}{path}{secret_sign(message.key.partition(':')[2], salt)}"
        message.text = message.text.replace(STAND_IN, link)
        message.html = message.html.replace(STAND_IN, link)
    return message
