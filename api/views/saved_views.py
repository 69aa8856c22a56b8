"""Saved views of tables, for programs of staff."""

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import NotFound
from api.models import SavedView
from api.serializers.saved_views import (
    SavedViewAskSerializer,
    SavedViewChangeSerializer,
    SavedViewFilterSerializer,
    SavedViewSerializer,
    SavedViewsSerializer,
)
from api.services.saved_views import (
    saved_view_change,
    saved_view_delete,
    saved_view_record,
    saved_views_of,
)
from api.services.tables import TABLES
from api.views.access import actor
from api.views.problem_responses import problems


class SavedViewsView(APIView):
    """Whoever may see the table: their own views of it, and those that others share."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="staff_views",
        parameters=[SavedViewFilterSerializer],
        responses={(200, "application/json"): SavedViewsSerializer, **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """Views of one table, or of all that who asks may see, by name."""
        asked = SavedViewFilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        tables = _seen(request)
        if noun := asked.validated_data.get("table"):
            tables = [_table_seen(request, noun)]
        views = saved_views_of(tables, owner=actor(request))
        told = SavedViewsSerializer({"results": views}, context={"person": actor(request)})
        return Response(told.data)

    @extend_schema(
        operation_id="staff_view_keep",
        request=SavedViewAskSerializer,
        responses={(201, "application/json"): SavedViewSerializer, **problems(400, 401, 403)},
    )
    def post(self, request: Request) -> Response:
        """Keep a view. It takes the place of one's own of the same name: safe to send again."""
        asked = SavedViewAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told = dict(asked.validated_data)
        table = TABLES[_table_seen(request, told.pop("table"))]
        view = saved_view_record(table=table, owner=actor(request), **told)
        return _view(request, view, status.HTTP_201_CREATED)


class SavedViewView(APIView):
    """Its owner, while they may see the table; for everybody else it can't be changed: 404."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="staff_view_change",
        request=SavedViewChangeSerializer,
        responses={(200, "application/json"): SavedViewSerializer, **problems(400, 401, 404)},
    )
    def patch(self, request: Request, key: int) -> Response:
        """Change a view's name, its query, who sees it and whether it comes first."""
        _own_seen(request, key)
        asked = SavedViewChangeSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        view = saved_view_change(key, changes=asked.validated_data, owner=actor(request))
        return _view(request, view)

    @extend_schema(operation_id="staff_view_remove", responses={204: None, **problems(401, 404)})
    def delete(self, request: Request, key: int) -> Response:
        """Forget a view."""
        _own_seen(request, key)
        saved_view_delete(key, owner=actor(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _seen(request: Request) -> list[str]:
    """The tables that who asks may see."""
    return [noun for noun, table in TABLES.items() if actor(request).has_right(table.right)]


def _table_seen(request: Request, noun: str) -> str:
    if noun not in _seen(request):
        raise PermissionDenied
    return noun


def _own_seen(request: Request, key: int) -> None:
    if not saved_views_of(_seen(request), owner=actor(request)).filter(pk=key).exists():
        raise NotFound


def _view(request: Request, view: SavedView, code: int = status.HTTP_200_OK) -> Response:
    told = SavedViewSerializer(view, context={"person": actor(request)})
    return Response(told.data, status=code)
