"""Kept files in a bucket of S3 or of what speaks like it (MinIO, SeaweedFS, Ceph): private, streamed through us."""

import tempfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.core.files.storage import Storage

_GONE = {"404", "NoSuchKey", "NotFound"}
_IN_MEMORY = 4 << 20
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 4, "mode": "standard"},
    s3={"addressing_style": "path"},
    # Not every server that speaks S3 knows the newer checksums.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class S3Storage(Storage):
    """Django's storage on a bucket. Nobody gets an address of a file: views hand files out, with rights."""

    def __init__(
        self, *, bucket: str, endpoint: str, region: str, key: str, secret: str, prefix: str = ""
    ) -> None:
        """An empty endpoint is Amazon's; an empty key is what the machine itself has (its role)."""
        self._bucket, self._prefix = bucket, prefix.strip("/")
        self._client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint or None,
            region_name=region,
            aws_access_key_id=key or None,
            aws_secret_access_key=secret or None,
            config=_CONFIG,
        )

    def exists(self, name: str) -> bool:
        """Whether there is a file, or for a folder whether anything is in it."""
        if self._head(name) is not None:
            return True
        listed = self._ask(
            lambda: self._client.list_objects_v2(**self._in(f"{name.rstrip('/')}/"), MaxKeys=1)
        )
        return bool(listed.get("KeyCount"))

    def delete(self, name: str) -> None:
        """Nothing happens when it is gone already."""
        self._ask(lambda: self._client.delete_object(Bucket=self._bucket, Key=self._key(name)))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Folders and files in a folder."""
        folders: list[str] = []
        files: list[str] = []
        start = f"{path.rstrip('/')}/" if path else ""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            **self._in(start), Delimiter="/"
        )
        for page in self._ask(lambda: list(pages)):
            folders += [self._last(one["Prefix"]) for one in page.get("CommonPrefixes", ())]
            files += [self._last(one["Key"]) for one in page.get("Contents", ())]
        return folders, files

    def size(self, name: str) -> int:
        """Bytes. Raises FileNotFoundError."""
        return int(self._found(name)["ContentLength"])

    def get_modified_time(self, name: str) -> datetime:
        """When it was written. Raises FileNotFoundError."""
        at: datetime = self._found(name)["LastModified"]
        return at

    def url(self, name: str | None) -> str:
        """There is none."""
        raise NotImplementedError("Kept files are handed out by views only.")

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        """The whole file, on this machine: a download that breaks off must not look like its end."""
        self._found(name)
        local: Any = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed by who reads)
        self._ask(lambda: self._client.download_fileobj(self._bucket, self._key(name), local))
        local.seek(0)
        return File(local, name)

    def _save(self, name: str, content: Any) -> str:
        content.seek(0)
        # boto3 closes what it is given; the caller goes on with his.
        body = _Unclosed(content)
        self._ask(lambda: self._client.upload_fileobj(body, self._bucket, self._key(name)))
        return name

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _in(self, start: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Prefix": self._key(start)}

    @staticmethod
    def _last(key: str) -> str:
        return key.rstrip("/").rpartition("/")[2]

    def _found(self, name: str) -> Any:
        head = self._head(name)
        if head is None:
            raise FileNotFoundError(name)
        return head

    def _head(self, name: str) -> Any:
        try:
            return self._client.head_object(Bucket=self._bucket, Key=self._key(name))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return None
            raise OSError(f"The store of files refused: {error}") from error
        except BotoCoreError as error:
            raise OSError(f"The store of files does not answer: {error}") from error

    @staticmethod
    def _ask[Answer](call: Callable[[], Answer]) -> Answer:
        """boto3's errors become those of files."""
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise OSError(f"The store of files does not do it: {error}") from error


class _Unclosed:
    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def close(self) -> None:
        """Not ours to close."""
