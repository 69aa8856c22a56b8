"""The donor's own page: who they are, what they gave, what they asked us to remember."""

import json
from typing import Any

from django.http import HttpResponse
from django.middleware.csrf import get_token
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import NotFound
from api.models import ConsentChannel, Donor
from api.serializers.donor_pages import (
    ConsentChoiceSerializer,
    ConsentChooseSerializer,
    DonorCloseSerializer,
    DonorDetailsSerializer,
    DonorGiftsSerializer,
    DonorMeSerializer,
)
from api.services.donor_consents import ConsentChoice, consent_choices, consent_choose
from api.services.donor_pages import (
    donor_account_close,
    donor_gifts,
    donor_person,
    donor_receipt,
)
from api.services.donor_passkeys import donor_passkeys
from api.services.donor_sign_ins import donor_has_password, donor_session_end, donors_of
from api.services.donor_statements import donor_statement_name, donor_statement_pdf
from api.services.donors import donor_edit, donor_version
from api.services.email_changes import email_change_waiting
from api.services.keysets import cursor_read
from api.services.receipts import receipt_pdf_make
from api.services.statement_periods import period_read
from api.services.subject_access import donor_data_for, donor_data_pdf
from api.views.donor_access import (
    DonorSignedIn,
    IsDonor,
    donor_of,
    session_cookie_clear,
    session_of,
)
from api.views.donor_statements import PERIOD_PARAMETERS
from api.views.files import file_response
from api.views.problem_responses import problems

_LANGUAGE = OpenApiParameter("language", str, description="en or cy: of the consents' wording.")


class DonorApiView(APIView):
    """A donor who signed in."""

    authentication_classes = (DonorSignedIn,)
    permission_classes: tuple[type[BasePermission], ...] = (IsDonor,)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Nothing of a donor stays in a cache."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer


class DonorMeView(DonorApiView):
    """Who is signed in."""

    @extend_schema(
        operation_id="donor_me",
        parameters=[_LANGUAGE],
        responses={200: DonorMeSerializer, **problems(404)},
    )
    def get(self, request: Request) -> Response:
        """The donors of the address. Brings the cookie with the form token that changes need."""
        get_token(request._request)
        key = donor_of(request).email_key
        people = list(donors_of(key))
        if not people:
            raise NotFound("There is nobody at this address any more.")
        waiting = email_change_waiting(key)
        choices = consent_choices(people, request.GET.get("language", "en"))
        told = {
            "email": people[0].email,
            "email_new": waiting.email_new if waiting else None,
            "has_password": donor_has_password(key),
            "passkeys": donor_passkeys(key),
            "people": [_person(one, choices[one.pk]) for one in people],
        }
        return Response(DonorMeSerializer(told).data)


class DonorPersonView(DonorApiView):
    """One of the donors of the address."""

    @extend_schema(
        operation_id="donor_details",
        request=DonorDetailsSerializer,
        responses={204: None, **problems(409)},
    )
    def patch(self, request: Request, reference: str) -> Response:
        """Correct address, telephone or language."""
        donor = donor_person(donor_of(request).email_key, reference)
        asked = DonorDetailsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        donor_edit(
            reference=reference, changes=asked.changes(), version=donor_version(donor), actor=None
        )
        return Response(status=204)


class DonorConsentView(DonorApiView):
    """What a donor says about hearing from us."""

    @extend_schema(
        operation_id="donor_consent",
        request=ConsentChooseSerializer,
        responses={200: ConsentChoiceSerializer(many=True)},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Keep a yes or no, with the words that were shown; all answers as they are now."""
        donor = donor_person(donor_of(request).email_key, reference)
        asked = ConsentChooseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        consent_choose(
            donor=donor,
            channel=ConsentChannel(said["channel"]),
            is_given=said["is_given"],
            language=said["language"],
        )
        now_said = consent_choices([donor], said["language"])[donor.pk]
        return Response(ConsentChoiceSerializer(now_said, many=True).data)


class DonorDataView(DonorApiView):
    """All that is kept about a donor, to take away."""

    @extend_schema(
        operation_id="donor_data",
        parameters=[OpenApiParameter("form", str, "path", enum=["json", "pdf"])],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "application/pdf"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, reference: str, form: str) -> HttpResponse:
        """As JSON or PDF; that it was taken is on record."""
        if form not in ("json", "pdf"):
            raise NotFound
        data = donor_data_for(donor_person(donor_of(request).email_key, reference), actor=None)
        if form == "pdf":
            content = donor_data_pdf(data)
            return file_response(content, f"my-data-{reference}.pdf", is_download=True)
        content = json.dumps(data, indent=2, ensure_ascii=False).encode()
        name = f"my-data-{reference}.json"
        return file_response(content, name, "application/json", is_download=True)


class DonorYearView(DonorApiView):
    """What the donor gave in a period, as their tax return asks for it."""

    @extend_schema(
        operation_id="donor_statement",
        parameters=PERIOD_PARAMETERS,
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, **problems(400)},
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        """The statement as PDF."""
        donor = donor_person(donor_of(request).email_key, reference)
        period = period_read(request.query_params.dict())
        name = donor_statement_name(period)
        return file_response(donor_statement_pdf(donor, period), name, is_download=True)


class DonorGiftsView(DonorApiView):
    """What the donor gave."""

    @extend_schema(
        operation_id="donor_gifts",
        parameters=[OpenApiParameter("after", str, description="`next` of the page before.")],
        responses={200: DonorGiftsSerializer, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """Gifts page by page, newest first."""
        cursor = cursor_read(request.GET.get("after", ""))
        return Response(DonorGiftsSerializer(donor_gifts(donor_of(request).email_key, cursor)).data)


class DonorReceiptView(DonorApiView):
    """The receipt of a gift."""

    @extend_schema(
        operation_id="donor_receipt", responses={(200, "application/pdf"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        """As PDF."""
        receipt = donor_receipt(donor_of(request).email_key, reference)
        name = f"receipt-{receipt.number}.pdf"
        return file_response(receipt_pdf_make(receipt), name, is_download=True)


class DonorCloseView(DonorApiView):
    """A donor who wishes to be forgotten."""

    @extend_schema(operation_id="donor_close", request=DonorCloseSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Close the account for good: plans stop, and what the law does not ask for is erased."""
        asked = DonorCloseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        session = session_of(request)
        donor_account_close(email_key=session.email_key, typed=asked.validated_data["email"])
        donor_session_end(session)
        response = Response(status=204)
        session_cookie_clear(response)
        return response


def _person(donor: Donor, choices: list[ConsentChoice]) -> dict[str, Any]:
    names = ("reference", "name", "phone", "language", "line1", "line2", "city", "postcode")
    return {**{name: getattr(donor, name) for name in (*names, "country")}, "consents": choices}
