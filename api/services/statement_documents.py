"""What the statements of a month and of a payout say, as documents and as CSV."""

import csv
import io
from collections.abc import Iterator
from datetime import date

from api.clock import charity_date, now
from api.models import BankLine, Difference, Payout, PayoutStatus, Reconciliation
from api.money import money_plain, money_text
from api.services.gateways.pdf_statements import (
    StatementDocument,
    StatementRow,
    StatementTable,
    statement_pdf,
)
from api.services.receipts import charity_words
from api.services.statements import (
    ROWS,
    CurrencyMonth,
    MonthFigures,
    PayoutFigures,
    row_of,
)

FUNDS_SHOWN = 12
FINDINGS_SHOWN = 6
COLUMNS_SHOWN = 5


def day_text(day: date | None) -> str:
    """22 Nov 2026."""
    return f"{day.day} {day:%b %Y}" if day else "not known yet"


def count_text(count: int, noun: str) -> str:
    """1 gift, 2 gifts, 1,000 gifts."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def bank_line_of(payout: Payout) -> BankLine | None:
    """The line of the bank statement that the payout is, if one was found."""
    return getattr(payout, "bank_line", None)


def payout_pdf_make(figures: PayoutFigures) -> bytes:
    """The one-page statement of a payout."""
    payout = figures.payout
    line = bank_line_of(payout)
    problems = list(_payout_problems(figures))
    return statement_pdf(
        StatementDocument(
            **charity_words(),
            kind="Payout statement",
            title=f"Payout of {day_text(charity_date(payout.made_at))}",
            number=payout.stripe_payout_id,
            made_on=charity_date(now()),
            sum_label="Paid to the bank",
            sum=money_text(payout.amount_minor, payout.currency),
            sum_note=_payout_arrival(payout),
            facts=(
                ("Status", payout.get_status_display()),
                (
                    "Bank line",
                    f"{day_text(line.booked_on)}, {line.account}" if line else "none yet",
                ),
                ("Bank's words", (line.description or line.reference)[:80] if line else "-"),
                ("Gifts in it", f"{figures.gifts:,}"),
                ("Given", _payout_span(figures)),
            ),
            tables=_payout_tables(figures),
            findings_title="Nothing is unexplained" if not problems else "To be looked at",
            findings=tuple(problems)
            or ("The lines of this payout sum to its amount, and the bank shows it.",),
            is_clean=not problems,
            chain="",
            has_signature=False,
        )
    )


def _payout_arrival(payout: Payout) -> str:
    if payout.status == PayoutStatus.PAID:
        return f"Arrival date {day_text(payout.arrives_on)}"
    return f"{payout.get_status_display()}. Arrival date {day_text(payout.arrives_on)}"


def _payout_span(figures: PayoutFigures) -> str:
    if not figures.first_on or not figures.last_on:
        return "-"
    first, last = charity_date(figures.first_on), charity_date(figures.last_on)
    return day_text(first) if first == last else f"{day_text(first)} to {day_text(last)}"


def _payout_problems(figures: PayoutFigures) -> Iterator[str]:
    payout = figures.payout
    line = bank_line_of(payout)
    if payout.status == PayoutStatus.PAID and line is None:
        yield "No line of the bank statement is matched to this payout yet."
    if payout.status != PayoutStatus.PAID and line is not None:
        yield "The bank shows this payout, but Stripe does not say that it is paid."
    if not payout.is_automatic:
        yield "This payout was made by hand: Stripe does not say which gifts are in it."
    elif payout.lines_read_at is None:
        yield "Stripe has not yet told which gifts are in it; it is asked every few minutes."
    elif figures.net_minor != payout.amount_minor:
        off = money_text(payout.amount_minor - figures.net_minor, payout.currency)
        yield f"The lines of this payout and its amount differ by {off}."


def _payout_tables(figures: PayoutFigures) -> tuple[StatementTable, ...]:
    if not figures.payout.is_automatic or figures.payout.lines_read_at is None:
        return ()
    money = figures.payout.currency
    shown, rest = figures.funds[:FUNDS_SHOWN], figures.funds[FUNDS_SHOWN:]
    funds = [
        StatementRow(fund.fund, (f"{fund.gifts:,}", money_text(fund.amount_minor, money)))
        for fund in shown
    ]
    if rest:
        count, total = sum(one.gifts for one in rest), sum(one.amount_minor for one in rest)
        funds.append(
            StatementRow(
                f"{count_text(len(rest), 'other fund')}", (f"{count:,}", money_text(total, money))
            )
        )
    total = sum(fund.amount_minor for fund in figures.funds)
    funds.append(StatementRow("All gifts", (f"{figures.gifts:,}", money_text(total, money)), True))
    parts = [
        StatementRow(ROWS[row], (money_text(amount, money),))
        for row, amount in figures.rows.items()
        if amount or row in ("gifts", "refunds", "disputes", "fees")
    ]
    parts.append(StatementRow("Payout", (money_text(figures.net_minor, money),), True))
    return (
        StatementTable("Gifts by fund", "Fund", ("Gifts", "Amount"), tuple(funds)),
        StatementTable("From gifts to payout", "What moved", ("Amount",), tuple(parts)),
    )


def payout_csv(payout: Payout) -> Iterator[str]:
    """Every line of a payout, a row each; made piece by piece, however many there are."""
    yield _csv_row(
        ["Date", "What", "Gift", "Fund", "Amount", "Fee", "Net", "Currency", "Stripe line"]
    )
    lines = payout.balance_transactions.select_related("donation__fund").order_by("made_at", "id")
    for line in lines.iterator(chunk_size=2000):
        money = line.currency
        yield _csv_row(
            [
                charity_date(line.made_at).isoformat(),
                ROWS[row_of(line.type)],
                line.donation.reference if line.donation else "",
                _cell(line.donation.fund.name) if line.donation else "",
                money_plain(line.amount_minor, money),
                money_plain(line.fee_minor, money),
                money_plain(line.net_minor, money),
                money,
                line.stripe_balance_transaction_id,
            ]
        )


def _cell(text: str) -> str:
    # A spreadsheet would carry out a text that begins like a formula.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _csv_row(cells: list[str]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow(cells)
    return made.getvalue()


def month_pdf_make(figures: MonthFigures) -> bytes:
    """The one-page statement of a month."""
    run = figures.comparison
    findings = _month_findings(figures, run)
    main = figures.currencies[0] if figures.currencies else CurrencyMonth("GBP")
    others = len(figures.currencies) - 1
    return statement_pdf(
        StatementDocument(
            **charity_words(),
            kind="Monthly statement",
            title=f"Money at Stripe, {figures.first:%B %Y}",
            number=f"{figures.first:%Y-%m}",
            made_on=charity_date(now()),
            sum_label=f"Held by Stripe at the end of the month{', ' + main.currency if others > 0 else ''}",
            sum=money_text(main.closing.books, main.currency),
            sum_note=f"and {count_text(others, 'other currency').replace('currencys', 'currencies')}, below"
            if others > 0
            else f"{count_text(main.gifts, 'gift')} in the month",
            facts=_month_facts(figures, run),
            tables=tuple(_month_tables(figures)),
            findings_title=findings[0],
            findings=findings[1],
            is_clean=findings[2],
            chain=f"Head of the chain over the books: {run.chain_head} ({run.sealed:,} postings sealed)"
            if run and run.chain_head
            else "",
            has_signature=True,
        )
    )


def _month_facts(figures: MonthFigures, run: Reconciliation | None) -> tuple[tuple[str, str], ...]:
    paid = [payout for payout in figures.payouts if payout.status == PayoutStatus.PAID]
    seen = sum(1 for payout in paid if bank_line_of(payout))
    compared = day_text(charity_date(run.started_at)) if run else "not yet"
    return (
        ("From", day_text(figures.first)),
        ("To", day_text(_last_day(figures))),
        ("Gifts", f"{sum(month.gifts for month in figures.currencies):,}"),
        ("Payouts", f"{len(paid)} paid, {seen} seen in the bank"),
        ("Compared", compared),
    )


def _last_day(figures: MonthFigures) -> date:
    return date.fromordinal(charity_date(figures.ends_at).toordinal() - 1)


def _month_tables(figures: MonthFigures) -> Iterator[StatementTable]:
    """The rows of the month, a column per currency, five currencies a table."""
    for start in range(0, max(1, len(figures.currencies)), COLUMNS_SHOWN):
        months = figures.currencies[start : start + COLUMNS_SHOWN]
        if not months:
            return

        def cells(sums: list[int], of: list[CurrencyMonth] = months) -> tuple[str, ...]:
            return tuple(
                money_text(amount, month.currency) for amount, month in zip(sums, of, strict=True)
            )

        rows = [
            StatementRow(
                "Opening balance at Stripe", cells([m.opening.books for m in months]), True
            )
        ]
        for name, label in ROWS.items():
            sums = [month.rows[name].books for month in months]
            if any(sums) or name != "other":
                rows.append(StatementRow(label, cells(sums)))
        rows.append(
            StatementRow(
                "Closing balance at Stripe", cells([m.closing.books for m in months]), True
            )
        )
        columns = tuple(month.currency for month in months)
        yield StatementTable("How the balance moved", "From the books", columns, tuple(rows))


def _month_findings(
    figures: MonthFigures, run: Reconciliation | None
) -> tuple[str, tuple[str, ...], bool]:
    """The heading, the sentences, and whether all is well."""
    unequal = [month.currency for month in figures.currencies if not month.is_equal]
    if run is None:
        asked = (
            "Press Compare now for this month on the reconciliation page, then print this again."
        )
        return "This month was not compared with Stripe yet", (asked,), False
    found = list(run.differences.all()[: FINDINGS_SHOWN + 1])
    sentences = [_difference_text(one) for one in found[:FINDINGS_SHOWN]]
    if len(found) > FINDINGS_SHOWN:
        rest = run.differences.count() - FINDINGS_SHOWN
        sentences.append(f"And {rest:,} more on the reconciliation page.")
    if unequal:
        sentences.append(
            f"Stripe's statement and our books have other sums in {', '.join(unequal)}."
        )
    if run.chain_broken:
        sentences.append(f"The books were changed: {run.chain_broken}.")
    if not sentences:
        return "Nothing is unexplained", (_agreed(figures, run),), True
    return f"{count_text(len(sentences), 'thing')} to be looked at", tuple(sentences), False


def _agreed(figures: MonthFigures, run: Reconciliation) -> str:
    upto = min(run.ends_at, run.started_at, figures.ends_at)
    if upto < figures.ends_at:
        return f"Everything agrees to the penny, up to {day_text(charity_date(upto))}; the month was not over."
    return "Stripe's statement and our books agree to the penny, line by line."


def _difference_text(one: Difference) -> str:
    amount = money_text(one.amount_minor, one.currency)
    return f"{one.get_kind_display()}: {one.subject}, {amount}. {one.explanation}."
