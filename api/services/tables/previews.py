"""A preview of an action in one text, so that a program's yes can be to nothing but what it saw."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from django.core import signing

from api.errors import Invalid
from api.models import User
from api.services.tables.actions import (
    ONCE,
    Action,
    Answers,
    Preview,
    Selection,
    action_preview,
    action_run,
)
from api.services.tables.questions import query_read
from api.services.tables.spec import Table

_SALT = "table-action-preview"


@dataclass(frozen=True)
class Chosen:
    """Rows as a program names them: by their ids, else all that a query finds."""

    ids: Sequence[int] | None = None
    query: str = ""

    def selection(self, table: Table, person: User, highest: int | None = None) -> Selection:
        """The same for actions. Raises Invalid, naming `query`."""
        question = query_read(table, self.query, person.rights)
        if "columns" not in parse_qs(self.query):
            question = question.with_columns(table.columns_of(person.rights))
        if self.ids is not None:
            return Selection(question, keys=self.ids)
        return Selection(question, is_all=True, highest=highest)


def preview_sign(
    action: Action, table: Table, chosen: Chosen, answers: Answers, *, actor: User
) -> tuple[Preview, str]:
    """What would happen, and the text that stands for exactly this, for this person alone.

    Raises as action_preview does, and Invalid for an answer to what the action does not ask.
    """
    asked = {one.name for one in action.fields}
    if unknown := sorted(set(answers) - asked):
        accepts = f"It asks: {', '.join(sorted(asked))}." if asked else "It asks nothing."
        raise Invalid(
            **{f"answers.{unknown[0]}": f"The action asks nothing of this name. {accepts}"}
        )
    answers = {**answers, ONCE: secrets.token_hex(8)}
    preview = action_preview(action, chosen.selection(table, actor), answers)
    told = [chosen.ids, chosen.query, preview.highest, answers, preview.mark]
    return preview, signing.dumps(told, salt=_salt(action, table, actor), compress=True)


def preview_run(action: Action, table: Table, text: str, *, actor: User) -> int:
    """Do what a preview told. Returns to how many rows.

    Raises Invalid for a text that is no preview of this action for this person, RowsMoved when it
    would be to other rows now.
    """
    try:
        told = signing.loads(text, salt=_salt(action, table, actor))
    except signing.BadSignature as error:
        raise Invalid(
            preview="This is not a preview of this action that you were given. Ask for a new one."
        ) from error
    ids, query, highest, answers, mark = told
    selection = Chosen(ids, query).selection(table, actor, highest)
    return action_run(action, selection, answers, mark=mark, actor=actor)


def _salt(action: Action, table: Table, person: User) -> str:
    return f"{_SALT}:{table.noun}:{action.name}:{person.pk}"
