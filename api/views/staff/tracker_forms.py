"""Which attempts the tracker shows: read leniently, for an address may be old or written by hand."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms

from api.clock import charity_date, day_begin, now
from api.models import DonationKind, Fund
from api.services.tracker import Age, Stage, Step, TrackerFilter

DAYS_SHOWN = 30
_ALL = ("", "All")


class TrackerForm(forms.Form):
    """The filter. Without a period: the last 30 days; `period=all`: everything."""

    period = forms.ChoiceField(choices=[("", "Dates"), ("all", "All time")], required=False)
    begins = forms.DateField(
        required=False, label="From", widget=forms.DateInput(attrs={"type": "date"})
    )
    ends = forms.DateField(
        required=False, label="To", widget=forms.DateInput(attrs={"type": "date"})
    )
    stage = forms.ChoiceField(choices=[_ALL, *Stage.choices], required=False)
    step = forms.ChoiceField(choices=[_ALL, *Step.choices], required=False)
    age = forms.ChoiceField(choices=[_ALL, *Age.choices], required=False)
    fund = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(
        choices=[_ALL, *DonationKind.choices], required=False, label="How often"
    )
    written_off = forms.ChoiceField(
        choices=[_ALL, ("no", "Still waited for"), ("yes", "Written off")],
        required=False,
        label="Written off",
    )

    def __init__(self, data: Any) -> None:
        given = {name: data.get(name, "") for name in self.base_fields}
        super().__init__(given)
        self.funds = dict(Fund.objects.values_list("code", "name"))
        self.fields["fund"].choices = [_ALL, *self.funds.items()]  # type: ignore[attr-defined]
        self.is_valid()
        # More than what a first look has was chosen.
        self.is_filtered = any(self._said(name) for name in self.fields)
        if (dates := self.dates) is not None:
            given["begins"], given["ends"] = (on.isoformat() for on in dates)

    def _said(self, name: str) -> str:
        """What was chosen; nothing for a value that is not offered."""
        return str(self.cleaned_data.get(name) or "")

    @property
    def dates(self) -> tuple[date, date] | None:
        """The first and the last day; None: all time."""
        if self._said("period") == "all":
            return None
        today = charity_date(now())
        last = self._day("ends") or today
        first = self._day("begins") or last - timedelta(days=DAYS_SHOWN - 1)
        return min(first, last), max(first, last)

    def _day(self, name: str) -> date | None:
        """A chosen day; nothing for one so far away that days around it can't be told."""
        day: date | None = self.cleaned_data.get(name)
        return day if day and 1900 <= day.year <= 9000 else None

    def asked(self) -> TrackerFilter:
        """The filter as the service takes it."""
        stage, step, age = self._said("stage"), self._said("step"), self._said("age")
        written_off, dates = self._said("written_off"), self.dates
        return TrackerFilter(
            begins_at=day_begin(dates[0]) if dates else None,
            ends_at=day_begin(dates[1] + timedelta(days=1)) if dates else None,
            stage=Stage(stage) if stage else None,
            step=Step(step) if step else None,
            age=Age(age) if age else None,
            fund_code=self._said("fund"),
            kind=self._said("kind"),
            is_written_off=written_off == "yes" if written_off else None,
        )

    def words(self) -> str:
        """What is shown, in words."""
        dates = self.dates
        said = [
            f"started from {dates[0]:%-d %b %Y} to {dates[1]:%-d %b %Y}" if dates else "of all time"
        ]
        for name, choices in (("stage", Stage), ("step", Step), ("kind", DonationKind)):
            if value := self._said(name):
                said.append(str(choices(value).label).lower())
        if age := self._said("age"):
            said.append(f"{str(Age(age).label).lower()} old")
        if fund := self._said("fund"):
            said.append(f"for {self.funds[fund]}")
        if written_off := self._said("written_off"):
            said.append("written off" if written_off == "yes" else "still waited for")
        return ", ".join(said)

    def link(self, **changes: str) -> str:
        """The address of the same period, fund and kind with something else chosen.

        The next page (`after`) keeps all that is chosen; a stage or a step stands alone.
        """
        keeps = ["period", "begins", "ends", "fund", "kind"]
        if "after" in changes:
            keeps += ["stage", "step", "age", "written_off"]
        kept = {name: self._said(name) for name in keeps}
        return (
            f"?{urlencode({name: value for name, value in {**kept, **changes}.items() if value})}"
        )

    def link_age(self, stage: Stage, age: Age) -> str:
        """The address of what is stuck at a stage for so long, whenever it was started."""
        changes = {"period": "all", "begins": "", "ends": "", "written_off": "no"}
        return self.link(stage=stage, age=age, **changes)
