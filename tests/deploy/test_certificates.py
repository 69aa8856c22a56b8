"""The operator's own certificate: a mistake is named before nginx is led to it."""

import subprocess
from pathlib import Path

import pytest

from deploy.kit.answers import Answers
from deploy.kit.certificates import certificate_put
from deploy.kit.steps import StepError
from tests.deploy.test_answers import places_in


def made(folder: Path, name: str, *more: str) -> tuple[str, str]:
    """A certificate and its key."""
    certificate, key = str(folder / f"{name}.pem"), str(folder / f"{name}.key")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command = ["openssl", "req", "-x509", *curve, "-subj", "/CN=x", "-keyout", key, *more]
    subprocess.run([*command, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def put(folder: Path, certificate: str, key: str) -> bool:
    answers = Answers(host="localhost", tls="files", tls_certificate=certificate, tls_key=key)
    return certificate_put(answers, places_in(folder))


def test_a_pair_is_linked_once(tmp_path: Path) -> None:
    certificate, key = made(tmp_path, "one", "-nodes")
    assert put(tmp_path, certificate, key) is True
    assert put(tmp_path, certificate, key) is False
    assert (tmp_path / "srv/shared/tls/privkey.pem").readlink() == Path(key)


def test_files_that_nginx_could_not_show_are_named_and_nothing_leads_to_them(
    tmp_path: Path,
) -> None:
    certificate, key = made(tmp_path, "one", "-nodes")
    _, other = made(tmp_path, "two", "-nodes")
    _, locked = made(tmp_path, "three", "-passout", "pass:word")
    for wrong, named in (
        ((certificate, other), "^tls_key is wrong: .* is not the key of"),
        ((certificate, locked), "^tls_key is wrong: .* without a password"),
        ((certificate, certificate), "^tls_key is wrong: .* is no private key"),
        ((key, key), "^tls_certificate is wrong: .* is no certificate"),
    ):
        with pytest.raises(StepError, match=named):
            put(tmp_path, *wrong)
    assert not (tmp_path / "srv").exists()
