"""The answer that hands out a file, for staff and donors alike."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def file_response(
    content: bytes, name: str, kind: str = "application/pdf", *, is_download: bool = False
) -> HttpResponse:
    """A file that the browser shows, or keeps (`is_download`) under its name, whatever letters that has."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(is_download, name) or "inline"
    return response
