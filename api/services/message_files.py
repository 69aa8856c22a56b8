"""Which files an e-mail brings, made again whenever they are asked for."""

from collections.abc import Callable

from api.models import Message, MessageKind
from api.services.gateways.mail import Attachment
from api.services.receipt_replacements import receipt_find
from api.services.receipts import receipt_pdf_make
from api.services.statement_emails import statement_files


def message_files(message: Message) -> tuple[Attachment, ...]:
    """The attachments of an e-mail; of most kinds none."""
    make = _MAKERS.get(MessageKind(message.kind))
    return make(message) if make else ()


def _receipt(message: Message) -> tuple[Attachment, ...]:
    if message.donation is None:
        return ()
    receipt = message.donation.receipt
    pdf = receipt_pdf_make(receipt, is_copy=message.kind == MessageKind.RECEIPT_COPY)
    return (Attachment(f"receipt-{receipt.number}.pdf", "application/pdf", pdf),)


def _receipt_replaced(message: Message) -> tuple[Attachment, ...]:
    """The very receipt that the e-mail is about, also when another took its place since."""
    receipt = receipt_find(message.key.partition(":")[2])
    pdf = receipt_pdf_make(receipt)
    return (Attachment(f"receipt-{receipt.number}.pdf", "application/pdf", pdf),)


_MAKERS: dict[MessageKind, Callable[[Message], tuple[Attachment, ...]]] = {
    MessageKind.RECEIPT: _receipt,
    MessageKind.RECEIPT_COPY: _receipt,
    MessageKind.RECEIPT_REPLACED: _receipt_replaced,
    MessageKind.STATEMENT: statement_files,
}
