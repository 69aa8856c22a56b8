"""Addresses of databases, taken apart: postgresql://USER:PASSWORD@HOST:5432,HOST:5432/NAME?option=value."""

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlencode, urlsplit


@dataclass(frozen=True)
class Address:
    """An address whole, as libpq knows it, and in its parts. Several hosts are tried in their order."""

    url: str
    name: str
    user: str
    password: str
    hosts: str
    ports: str
    query: dict[str, str]
    pool_size: int


def address_read(url: str, *, pool_size: int) -> Address:
    """The parts; `pool_size` is our own word in it, and how many connections without it. Raises ValueError."""
    parts = urlsplit(url)
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    query = {name: unquote(value) for name, _, value in pairs}
    size = int(query.pop("pool_size", str(pool_size)))
    credentials, _, where = parts.netloc.rpartition("@")
    hosts = [_host(one) for one in where.split(",")]
    if parts.scheme not in {"postgres", "postgresql"} or size < 0 or not parts.path.strip("/"):
        raise ValueError(parts.scheme)
    rest = "?" + urlencode(query, quote_via=quote) if query else ""
    user, _, password = credentials.partition(":")
    return Address(
        url=f"{parts.scheme}://{parts.netloc}{parts.path}{rest}",
        name=unquote(parts.path.strip("/")),
        user=unquote(user),
        password=unquote(password),
        hosts=",".join(host for host, _ in hosts),
        ports=",".join(port for _, port in hosts),
        query=query,
        pool_size=size,
    )


def _host(text: str) -> tuple[str, str]:
    """A host and its port as text; either may be empty. Raises ValueError."""
    parts = urlsplit(f"//{text}")
    if parts.port == 0:
        raise ValueError(text)
    return unquote(parts.hostname or ""), str(parts.port or "")
