"""Programs with a token, for administrators' apps: which there are, make one, revoke."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import NotFound
from api.models import ApiClient, Right
from api.serializers.api_clients import (
    ApiClientNewSerializer,
    ApiClientSerializer,
    ApiClientsSerializer,
    ApiClientTokenSerializer,
)
from api.services.api_clients import api_client_make, api_client_revoke, last_moment
from api.views.access import HasRight, IsPerson, IsProved, actor
from api.views.donors import BEFORE, page_newest_first
from api.views.problem_responses import problems


class ApiClientsView(APIView):
    """Administrators, by a session of their own: a program makes no programs."""

    permission_classes = (IsPerson, HasRight, IsProved)
    rights = {"GET": Right.STAFF_MANAGE, "POST": Right.STAFF_MANAGE}

    @extend_schema(
        operation_id="staff_api_clients",
        parameters=[BEFORE],
        responses={200: ApiClientsSerializer, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """Every program that has or had a token, the newest first."""
        rows = ApiClient.objects.select_related("made_by")
        return Response(ApiClientsSerializer(page_newest_first(request, rows)).data)

    @extend_schema(
        operation_id="staff_api_client_make",
        request=ApiClientNewSerializer,
        responses={201: ApiClientTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make one. The token is in this answer and nowhere else ever. 403 `proof_needed`: prove first."""
        asked = ApiClientNewSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        client, token = api_client_make(
            name=said["name"],
            scopes=[Right(scope) for scope in said["scopes"]],
            expires_at=last_moment(said["expires_on"]),
            actor=actor(request),
        )
        response = Response(
            ApiClientTokenSerializer({"client": client, "token": token}).data, status=201
        )
        response["Cache-Control"] = "no-store"
        return response


class ApiClientRevokeView(APIView):
    """Administrators, by a session of their own."""

    permission_classes = (IsPerson, HasRight, IsProved)
    rights = {"POST": Right.STAFF_MANAGE}

    @extend_schema(
        operation_id="staff_api_client_revoke",
        request=None,
        responses={200: ApiClientSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Its token opens nothing from now on. Safe to call again. 403 `proof_needed`: prove first."""
        rows = ApiClient.objects.select_related("made_by")
        client = rows.filter(pk=pk).first()
        if client is None:
            raise NotFound("There is no such program.")
        api_client_revoke(client, actor=actor(request))
        return Response(ApiClientSerializer(rows.get(pk=pk)).data)
