"""What can be done with many rows at once: seen first, confirmed after, and left alone where the rows moved on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.db.models import Q, QuerySet

from api.errors import DomaapError, Invalid, NotFound
from api.models import Donor, Right, User, WebhookEvent, WebhookStatus
from api.services.inbox import events_retry
from api.services.receipt_emails import receipt_copies_send
from api.services.tables.pages import Row, rows_read
from api.services.tables.questions import Question
from api.services.tables.searches import AnyOf
from api.services.tables.spec import Column, Table
from api.services.tags import tag_add_all, tag_clean, tag_remove_all

ROWS_MOST = 10_000
SAMPLE = 10
# Among the answers: the mark of one preview, so that two clicks on its yes are one wish.
ONCE = "once"
# What a person typed beside the button, by the action's own fields.
Answers = Mapping[str, str]


@dataclass(frozen=True)
class Field:
    """Something that an action asks before it can be seen, in a line of text: a tag, a reason.

    Actions of one table that ask the same share the field.
    """

    name: str
    label: str
    # The text as it is kept. Raises Invalid.
    clean: Callable[[str], str]


@dataclass(frozen=True)
class Action:
    """One action on rows of a table. Other parts add theirs to ACTIONS."""

    name: str
    label: str
    right: Right
    # Which of the chosen rows it is for; the others are left alone, and the preview says how many.
    suits: Q
    # What will happen, in a sentence that begins with how many: "{count} events ..."
    sentence: Callable[[int, Answers], str]
    run: Callable[[QuerySet[Any], User, Answers], int]
    emails: str = "No e-mail goes out."
    can_be_undone: str = ""
    fields: Sequence[Field] = field(default_factory=tuple)
    # Columns that the preview shows whatever the table does, to who may see them.
    shows: Sequence[str] = ()
    # A sentence about chosen rows that it is not for, to who has these rights; without it, how many are left alone.
    left_words: Callable[[QuerySet[Any], frozenset[Right]], str] | None = None


class SelectionRefused(DomaapError):
    """Nothing can be done with what was chosen."""

    code = "selection_refused"
    status = 400
    title = "Choose the rows again"


class RowsMoved(DomaapError):
    """Something else would happen now than what was seen. Nothing was done."""

    code = "rows_moved"
    status = 409
    title = "The rows have changed since you looked"
    detail = "This changed nothing. Look at what would happen now, then say yes to that."


@dataclass(frozen=True)
class Selection:
    """Chosen rows: those with these keys, or all of a question up to the highest key that was seen."""

    question: Question
    keys: Sequence[int] = ()
    is_all: bool = False
    highest: int | None = None

    def refused(self, sentence: str) -> SelectionRefused:
        """Why nothing can be done with it, beside the field that chose."""
        return SelectionRefused(sentence, **{"query" if self.is_all else "ids": sentence})

    def rows(self) -> QuerySet[Any]:
        """The chosen rows as they are now."""
        rows = self.question.rows()
        if not self.is_all:
            return rows.filter(pk__in=self.keys)
        return rows.filter(pk__lte=self.highest) if self.highest is not None else rows


@dataclass(frozen=True)
class Preview:
    """What an action would do now."""

    keys: Sequence[int]
    left_alone: int
    # Keys that were chosen and are of no row here, or no longer.
    missing: int
    highest: int
    columns: Sequence[Column]
    sample: Sequence[Row]
    sentence: str
    left_words: str

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.keys)

    @property
    def mark(self) -> str:
        """Which rows exactly: a yes is to these, not to as many others."""
        return sha256(repr(self.keys).encode()).hexdigest()[:32]


def actions_of(table: Table, person: User) -> list[Action]:
    """What this person may do with rows of a table."""
    return [one for one in ACTIONS.get(table.noun, ()) if person.has_right(one.right)]


def action_find(table: Table, name: str) -> Action:
    """An action on rows of a table, whoever may take it. Raises NotFound."""
    for one in ACTIONS.get(table.noun, ()):
        if one.name == name:
            return one
    raise NotFound


def action_preview(action: Action, selection: Selection, answers: Answers) -> Preview:
    """What will happen, and to which rows.

    Raises SelectionRefused when there is nothing to do, Invalid for an answer that can't be taken.
    """
    if not selection.is_all and not selection.keys:
        raise selection.refused("No row is chosen. Tick some, or choose all that are filtered.")
    _answers_check(action, answers)
    chosen = selection.rows()
    suited = chosen.filter(action.suits)
    keys = list(suited.order_by("-pk").values_list("pk", flat=True)[: ROWS_MOST + 1])
    count = len(keys)
    if count > ROWS_MOST:
        raise selection.refused(f"More than {ROWS_MOST:,} rows are chosen. Filter them further.")
    if not count:
        raise selection.refused("None of these rows needs it any more. They may have moved on.")
    columns = _columns(action, selection.question)
    left = chosen[: 2 * ROWS_MOST].count() - count
    return Preview(
        keys=keys,
        left_alone=left,
        missing=0 if selection.is_all else len(set(selection.keys)) - count - left,
        highest=chosen.order_by("-pk").values_list("pk", flat=True)[0],
        columns=columns,
        sample=rows_read(selection.question.table, columns, keys[:SAMPLE]),
        sentence=action.sentence(count, answers),
        left_words=_left_words(action, selection, left) if left else "",
    )


def _answers_check(action: Action, answers: Answers) -> None:
    for one in action.fields:
        try:
            one.clean(answers.get(one.name, ""))
        except Invalid as error:
            [[sentence]] = error.fields.values()
            raise Invalid(**{f"answers.{one.name}": sentence}) from error


def _left_words(action: Action, selection: Selection, left: int) -> str:
    question = selection.question
    if action.left_words:
        return action.left_words(selection.rows().exclude(action.suits), question.rights)
    do, are = ("does", "is") if left == 1 else ("do", "are")
    return (
        f"{question.table.counted(left)} of those you chose {do} not need it and {are} left alone."
    )


def _columns(action: Action, question: Question) -> list[Column]:
    """What the person looks at, and what the action shows beside it."""
    seen = {column.name for column in question.columns}
    may_see = question.table.columns_of(question.rights)
    return [one for one in may_see if one.name in seen or one.name in action.shows]


def action_run(
    action: Action, selection: Selection, answers: Answers, *, mark: str, actor: User
) -> int:
    """Do what the preview with this mark told, to its rows. Returns how many there were.

    Raises RowsMoved when it would be to other rows now.
    """
    try:
        preview = action_preview(action, selection, answers)
    except SelectionRefused as error:
        raise RowsMoved from error
    if preview.mark != mark:
        raise RowsMoved
    rows = selection.rows().filter(action.suits, AnyOf("pk", preview.keys))
    return action.run(rows, actor, answers)


def _retry_sentence(count: int, answers: Answers) -> str:
    which = "1 event is" if count == 1 else f"{count:,} events are"
    return f"{which} handled again within seconds. Handling one twice does no harm."


def _retry(rows: QuerySet[Any], actor: User, answers: Answers) -> int:
    events = WebhookEvent.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
    return events_retry(events, actor=actor)


def _tag_add_sentence(count: int, answers: Answers) -> str:
    return f"{_donors(count)} have the tag “{tag_clean(answers['tag'])}” afterwards."


def _tag_remove_sentence(count: int, answers: Answers) -> str:
    return f"The tag “{tag_clean(answers['tag'])}” is taken from those of {_donors(count)} who have it."


def _tag_add(rows: QuerySet[Any], actor: User, answers: Answers) -> int:
    return tag_add_all(donors=_chosen_donors(rows), name=answers["tag"], actor=actor)


def _tag_remove(rows: QuerySet[Any], actor: User, answers: Answers) -> int:
    return tag_remove_all(donors=_chosen_donors(rows), name=answers["tag"], actor=actor)


def _copy_sentence(count: int, answers: Answers) -> str:
    if count == 1:
        return "1 receipt is sent again, to its donor's address of today."
    return f"{count:,} receipts are sent again, each to its donor's address of today."


def _copy_left(rows: QuerySet[Any], rights: frozenset[Right]) -> str:
    named = list(rows.order_by("-pk").values_list("donation__donor__name", flat=True)[:ROWS_MOST])
    names = list(dict.fromkeys(named))
    more = f" and {len(names) - SAMPLE:,} more" if len(names) > SAMPLE else ""
    which = "1 receipt is" if len(named) == 1 else f"{len(named):,} receipts are"
    whose = f" of {', '.join(names[:SAMPLE])}{more}" if Right.DONORS_VIEW in rights else ""
    return f"{which} left out, as we have no e-mail address{whose}."


def _copy(rows: QuerySet[Any], actor: User, answers: Answers) -> int:
    receipts = rows.select_related("donation").order_by("pk")[:ROWS_MOST]
    return receipt_copies_send(list(receipts), once=answers[ONCE], actor=actor)


def _chosen_donors(rows: QuerySet[Any]) -> list[Donor]:
    keys = list(rows.values_list("pk", flat=True)[:ROWS_MOST])
    return list(Donor.objects.only("pk", "reference").filter(pk__in=keys))


def _donors(count: int) -> str:
    return "1 donor" if count == 1 else f"{count:,} donors"


_TAG = Field("tag", "Tag", clean=tag_clean)
_HAS_EMAIL = ~Q(donation__donor__email="") & Q(donation__donor__erased_at=None)
ACTIONS: dict[str, list[Action]] = {
    "donors": [
        Action(
            name="tag-add",
            label="Add the tag",
            right=Right.DONORS_EDIT,
            suits=Q(erased_at=None),
            sentence=_tag_add_sentence,
            run=_tag_add,
            can_be_undone="A tag can be taken away again in the same way.",
            fields=(_TAG,),
        ),
        Action(
            name="tag-remove",
            label="Remove the tag",
            right=Right.DONORS_EDIT,
            suits=Q(),
            sentence=_tag_remove_sentence,
            run=_tag_remove,
            can_be_undone="A tag can be added again in the same way.",
            fields=(_TAG,),
        ),
    ],
    "receipts": [
        Action(
            name="copy",
            label="Send again",
            right=Right.GIVING_FOLLOW,
            suits=_HAS_EMAIL,
            sentence=_copy_sentence,
            run=_copy,
            emails="Each e-mail says that it is a copy, and has the receipt as a PDF.",
            can_be_undone="What is sent can't be taken back.",
            shows=("donor", "email"),
            left_words=_copy_left,
        )
    ],
    "events": [
        Action(
            name="retry",
            label="Try again",
            right=Right.EVENTS_RETRY,
            suits=~Q(status=WebhookStatus.WAITING),
            sentence=_retry_sentence,
            run=_retry,
            emails="An event that makes a gift paid sends its receipt, once.",
        )
    ],
}
