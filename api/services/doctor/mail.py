"""E-mail: does the server take us, may our domain be believed, and did any e-mail fail."""

from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings

from api.clock import now
from api.models import Message, MessageState
from api.services.doctor.findings import Check, Seen, fine, problem, skipped, warning
from api.services.doctor.rounds import Round
from api.services.gateways.dns import DnsSilent, Texts
from api.services.gateways.mail import MailError, mail_sign_in

FAILURES_FOR = timedelta(days=7)
# What a domain includes whose e-mails go through these servers.
SENDERS = {
    "gmail.com": "_spf.google.com",
    "google.com": "_spf.google.com",
    "office365.com": "spf.protection.outlook.com",
    "outlook.com": "spf.protection.outlook.com",
    "sendgrid.net": "sendgrid.net",
    "mailgun.org": "mailgun.org",
    "amazonaws.com": "amazonses.com",
    "mailjet.com": "spf.mailjet.com",
    "postmarkapp.com": "spf.mtasv.net",
}
_WHY = "Mail providers put e-mails of domains without it among spam, or refuse them: receipts get lost."
_KEPT = "No SMTP server is set: e-mails are kept and shown at /mailbox/."


def sign_in(_: Round) -> Seen:
    """A real sign-in; nothing is sent."""
    if not settings.MAILERS:
        return skipped(_KEPT)
    server = settings.MAILERS["default"]["OPTIONS"]
    try:
        mail_sign_in()
    except MailError as error:
        return problem(str(error), "Correct the EMAIL_ lines in .env, then restart")
    return fine(f"{server['host']}:{server['port']} takes our e-mails.")


def failures(_: Round) -> Seen:
    """E-mails that a server refused for good."""
    since = now() - FAILURES_FOR
    count = Message.objects.filter(state=MessageState.FAILED, created_at__gt=since).count()
    if not count:
        return fine("No e-mail of the last week was refused.")
    return warning(
        f"{count} e-mail{'s' * (count > 1)} of the last week {'were' if count > 1 else 'was'} refused.",
        f"Open {settings.SITE_URL}/admin/api/message/?state__exact=failed: each says why",
    )


def sender_domain() -> str:
    """The domain that receipts come from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()


def spf(round_: Round) -> Seen:
    """The domain says which servers send for it."""
    domain = sender_domain()
    if isinstance(texts := _texts(round_, domain), Seen):
        return texts
    found = [text for text in texts.values if text.lower().startswith("v=spf1")]
    include = _include()
    if not found:
        return warning(
            f"{domain} has no SPF record.",
            f'Add the TXT record {domain} "v=spf1 include:{include or "YOUR-PROVIDER"} ~all"',
        )
    if len(found) > 1:
        return warning(
            f"{domain} has {len(found)} SPF records: servers then believe none.",
            f"Join them to one TXT record of {domain}",
        )
    if include and include not in found[0] and domain not in SENDERS:
        return warning(
            f"The SPF record of {domain} does not name our mail server.",
            f'Add include:{include} to the TXT record "{found[0]}"',
        )
    return fine(f"{domain} says which servers send for it.")


def dkim(round_: Round) -> Seen:
    """Keys are somewhere below `_domainkey`; under which name only the mail provider knows."""
    domain = sender_domain()
    if isinstance(texts := _texts(round_, f"_domainkey.{domain}"), Seen):
        return texts
    if texts.is_there:
        return fine(f"{domain} publishes keys for signatures.")
    return warning(
        f"{domain} publishes no DKIM key.",
        "Turn DKIM on at your mail provider and add the record that it shows",
    )


def dmarc(round_: Round) -> Seen:
    """The domain says what to do with e-mails that only pretend to come from it."""
    domain = sender_domain()
    if isinstance(texts := _texts(round_, f"_dmarc.{domain}"), Seen):
        return texts
    if any(text.lower().startswith("v=dmarc1") for text in texts.values):
        return fine(f"{domain} says what to do with forged e-mails.")
    return warning(
        f"{domain} has no DMARC record.",
        f'Add the TXT record _dmarc.{domain} "v=DMARC1; p=none; rua=mailto:postmaster@{domain}"',
    )


def _texts(round_: Round, name: str) -> Texts | Seen:
    if not settings.MAILERS:
        return skipped(_KEPT)
    try:
        return round_.texts(name)
    except DnsSilent:
        return skipped("No name server answers here: look from a machine with DNS.")


def _include() -> str:
    host = str(settings.MAILERS["default"]["OPTIONS"]["host"])
    return next((value for name, value in SENDERS.items() if host.endswith(name)), "")


CHECKS = (
    Check("mail", "Mail server", "Receipts and alerts go through it.", sign_in),
    Check("mail-spf", "SPF of the sender", _WHY, spf),
    Check("mail-dkim", "DKIM of the sender", _WHY, dkim),
    Check("mail-dmarc", "DMARC of the sender", _WHY, dmarc),
    Check(
        "mail-failures",
        "E-mails that failed",
        "Each is a donor without a receipt.",
        failures,
        needs=("migrations",),
    ),
)
