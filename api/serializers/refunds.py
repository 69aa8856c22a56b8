"""A refund as programs of staff ask for it."""

from typing import Any

from rest_framework import serializers

from api.models import RefundReason, User
from api.models.fields import REFERENCE_LENGTH
from api.serializers.donations import TextField
from api.services.refunds import RefundRequest


class RefundAskSerializer(serializers.Serializer[Any]):
    """How much of a gift goes back, why, and who agreed. The same `reference` is the same refund."""

    amount_minor = serializers.IntegerField(
        min_value=1, max_value=10**12, help_text="Minor units of the gift's currency."
    )
    reason = serializers.ChoiceField(choices=RefundReason.choices)
    note = TextField(max_length=500, required=False, allow_blank=True, default="")
    approved_by = serializers.SlugRelatedField(
        slug_field="email",
        queryset=User.objects.filter(is_staff=True, is_active=True),
        help_text="The e-mail address of the member of staff who agreed.",
    )
    reference = serializers.RegexField(
        rf"^[0-9A-Z]{{{REFERENCE_LENGTH}}}$",
        error_messages={"invalid": f"Use {REFERENCE_LENGTH} capital letters and digits."},
    )

    def asked(self, asked_by: User) -> RefundRequest:
        """What is asked of the service."""
        said = self.validated_data
        return RefundRequest(
            amount_minor=said["amount_minor"],
            reason=RefundReason(said["reason"]),
            note=said["note"],
            asked_by=asked_by,
            approved_by=said["approved_by"],
            reference=said["reference"],
        )
