"""What staff write down about a donor."""

from datetime import datetime
from typing import Any

from django import forms

from api.clock import charity_date, day_begin, now
from api.models import ConsentBasis, ConsentChannel, ConsentSource, ConsentState, Language
from api.services.consents import ConsentAnswer
from api.services.donors import EDITABLE


class DonorForm(forms.Form):
    """A donor's details. `version` marks what was read, so that nobody undoes a colleague's work."""

    name = forms.CharField(max_length=200)
    email = forms.EmailField(max_length=254, required=False, label="E-mail")
    phone = forms.CharField(max_length=40, required=False, label="Telephone")
    line1 = forms.CharField(max_length=200, required=False, label="Address, first line")
    line2 = forms.CharField(max_length=200, required=False, label="Second line")
    city = forms.CharField(max_length=100, required=False, label="Town or city")
    postcode = forms.CharField(max_length=20, required=False)
    country = forms.RegexField(
        r"^[A-Z]{2}$",
        required=False,
        help_text="Two capital letters, such as GB.",
        error_messages={"invalid": "Use the two capital letters of the country, such as GB."},
    )
    language = forms.ChoiceField(
        choices=Language.choices, required=False, help_text="In which we write to them."
    )
    version = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def changes(self) -> dict[str, str]:
        """What the donor's details should be."""
        asked = {name: self.cleaned_data[name] for name in EDITABLE}
        return asked if asked["language"] else {**asked, "language": Language.ENGLISH}


class ConsentForm(forms.Form):
    """What a donor said about one channel. Nothing is chosen beforehand."""

    channel = forms.ChoiceField(choices=[("", "Choose"), *ConsentChannel.choices])
    state = forms.ChoiceField(
        choices=[("", "Choose"), *ConsentState.choices], label="What did the donor say?"
    )
    basis = forms.ChoiceField(
        choices=[("", "None (for a no)"), *ConsentBasis.choices],
        required=False,
        label="On which basis, for a yes",
        help_text=(
            "The charity soft opt-in is for e-mail and text messages to people who supported us from "
            "5 February 2026 on and could say no at once. It is never mixed with consent."
        ),
    )
    wording = forms.CharField(
        max_length=2000,
        required=False,
        label="Words shown or read out",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed for a yes: exactly what the donor agreed to.",
    )
    source = forms.ChoiceField(
        choices=[("", "Choose"), *ConsentSource.choices], label="Where was it said?"
    )
    on = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"on": charity_date(now()).isoformat()})

    def answer(self) -> ConsentAnswer:
        """What is asked of the service; today's answers have their time."""
        said, basis = self.cleaned_data, self.cleaned_data["basis"]
        return ConsentAnswer(
            channel=ConsentChannel(said["channel"]),
            state=ConsentState(said["state"]),
            basis=ConsentBasis(basis) if basis else None,
            wording=said["wording"],
            source=ConsentSource(said["source"]),
            at=self._moment(),
        )

    def _moment(self) -> datetime:
        on, moment = self.cleaned_data["on"], now()
        return moment if on == charity_date(moment) else day_begin(on)


def errors_place(form: forms.Form, fields: dict[str, list[str]]) -> None:
    """Put a service's complaints beside the fields that they are about."""
    for name, sentences in fields.items():
        for sentence in sentences:
            form.add_error(name if name in form.fields else None, sentence)
