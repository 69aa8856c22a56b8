"""Who asks, and where they are signed in."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import NotFound
from api.models import Right
from api.serializers.sessions import MeSerializer, SessionSerializer
from api.services.sessions import session_end, sessions_of
from api.views.access import IsPerson
from api.views.problem_responses import problems


class MeView(APIView):
    """Whoever is signed in, and programs with a token."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="me", responses={200: MeSerializer})
    def get(self, request: Request) -> Response:
        """Who asks, their role, and what they may do."""
        user: Any = request.user
        is_client = user.scopes is not None
        said = {
            "kind": "client" if is_client else "staff",
            "name": user.get_full_name() or user.email,
            "email": "" if is_client else user.email,
            "role": user.role,
            "rights": [right for right in Right if user.has_right(right)],
        }
        return Response(MeSerializer(said).data)


class SessionsView(APIView):
    """Whoever is signed in sees their own."""

    permission_classes = (IsPerson,)

    @extend_schema(operation_id="sessions", responses={200: SessionSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Where this person is signed in."""
        session = request._request.staff_session  # type: ignore[attr-defined]
        rows = sessions_of(session.user)
        return Response(SessionSerializer(rows, many=True, context={"current": session}).data)


class SessionView(APIView):
    """Whoever is signed in ends their own."""

    permission_classes = (IsPerson,)

    @extend_schema(operation_id="session_end", responses={204: None, **problems(404)})
    def delete(self, request: Request, key: uuid.UUID) -> Response:
        """Sign one device out: it is out at once."""
        user = request._request.staff_session.user  # type: ignore[attr-defined]
        found = next((one for one in sessions_of(user) if one.key == key), None)
        if found is None:
            raise NotFound
        session_end(found, why="revoked", actor=user)
        return Response(status=204)
