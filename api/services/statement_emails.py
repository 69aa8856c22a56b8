"""The e-mail that brings a donor's statement: once for each donor of a run."""

import structlog

from api.models import Donor, Message, MessageKind, MessageState, StatementRun
from api.services.donor_statements import (
    donor_statement_name,
    donor_statement_of,
    donor_statement_pdf,
)
from api.services.gateways.mail import Attachment
from api.services.mail_runs import mail_run_email_send
from api.services.messages import message_write
from api.services.statement_periods import period_read

log = structlog.get_logger()


def statement_email_send(run: StatementRun, donor: Donor) -> None:
    """Write and send it. Safe to call again: one e-mail for each donor of a run."""
    key = f"{run.key_begins}{donor.reference}"
    message = Message.objects.filter(key=key).first() or _write(run, donor, key)
    if message.state not in (MessageState.QUEUED, MessageState.SENDING):
        return
    try:
        files = statement_files(message)
    except Exception as error:  # one donor whose statement can't be made must not stop all others
        log.exception("statement_not_made", message=message.pk)
        Message.objects.filter(pk=message.pk, state=MessageState.QUEUED).update(
            state=MessageState.FAILED, error=f"The statement could not be made: {error!r}"[:2000]
        )
        return
    mail_run_email_send(message, files)


def statement_files(message: Message) -> tuple[Attachment, ...]:
    """The statement of such an e-mail, made again whenever it is asked for."""
    donor = message.donor
    run = StatementRun.objects.filter(reference=message.key.split(":")[1]).first()
    if donor is None or run is None:
        return ()
    period = period_read({"period": run.period})
    name = donor_statement_name(period)
    return (Attachment(name, "application/pdf", donor_statement_pdf(donor, period)),)


def _write(run: StatementRun, donor: Donor, key: str) -> Message:
    said = donor_statement_of(donor, period_read({"period": run.period}))
    return message_write(
        kind=MessageKind.STATEMENT,
        key=key,
        to=donor.email,
        donor=donor,
        words={
            "donor_name": donor.name,
            "begins_on": run.begins_on,
            "ends_on": run.ends_on,
            "is_tax_year": run.period.startswith("tax:"),
            "sums": said.sums,
            "count_words": said.count_words,
        },
    )
