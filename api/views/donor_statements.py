"""A donor's statement as a file, for staff and their programs."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api.models import Right
from api.services.donor_statements import donor_statement_name, donor_statement_pdf
from api.services.donors import donor_find
from api.services.statement_periods import period_read
from api.views.access import HasRight
from api.views.donors import problems
from api.views.files import file_response

PERIOD_PARAMETERS = [
    OpenApiParameter("year", str, description="A UK tax year, 6 April to 5 April: 2025-26."),
    OpenApiParameter("charity_year", str, description="The charity's year that ends in: 2026."),
    OpenApiParameter("from", OpenApiTypes.DATE, description="The first day of any range."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Its last day, which is in it."),
]


class DonorStatementView(APIView):
    """What a donor gave in a period. It bears their address, so `donors.contact` is asked for."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.DONORS_CONTACT}

    @extend_schema(
        operation_id="staff_donor_statement",
        parameters=PERIOD_PARAMETERS,
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, **problems(400, 404)},
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        """The statement as PDF."""
        donor = donor_find(reference)
        period = period_read(request.query_params.dict())
        response = file_response(donor_statement_pdf(donor, period), donor_statement_name(period))
        response["Cache-Control"] = "no-store"
        return response
