"""Statement runs: one statement to each donor of a period."""

from typing import ClassVar

from django.db import models

from api.models.fields import status_check
from api.models.mail_runs import MailRun, MailRunState


class StatementRun(MailRun):
    """Statements of the days `begins_on` to `ends_on` to whoever gave in them; `language` empty: to all."""

    noun = "statement"

    period = models.CharField(max_length=40, help_text="As periods are named: tax:2025-26.")
    begins_on = models.DateField()
    ends_on = models.DateField()
    language = models.CharField(max_length=8, blank=True)

    class Meta(MailRun.Meta):
        constraints: ClassVar = [
            status_check("statement_run_state_is_known", MailRunState, "state"),
            models.CheckConstraint(
                condition=models.Q(begins_on__lte=models.F("ends_on")),
                name="statement_run_ends_after_it_begins",
            ),
            # Two at once for the same days would write to the same donors.
            models.UniqueConstraint(
                fields=["begins_on", "ends_on"],
                name="statement_run_is_one_per_period",
                condition=models.Q(state__in=("running", "paused")),
            ),
        ]
