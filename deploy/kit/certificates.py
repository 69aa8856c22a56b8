"""The certificate that nginx shows: certbot's, the operator's, or a self-signed one."""

from __future__ import annotations

import os
from pathlib import Path

from deploy.kit.answers import Answers
from deploy.kit.steps import StepError, file_put, folder_put, link_put, run
from deploy.kit.templates import KIT, Places

DAYS = "825"


def certificate_put(answers: Answers, places: Places) -> bool:
    """Have the links lead to a certificate. False when they did."""
    if answers.tls == "files":
        pair_check(answers)
        return _link(places, Path(answers.tls_certificate), Path(answers.tls_key))
    ours = _issued(answers, places)
    if answers.tls == "certbot" and ours[0].exists():
        return _link(places, *ours)
    return _self_signed(
        answers, places
    )  # For certbot: until it has answered, so that nginx can start.


def pair_check(answers: Answers) -> None:
    """Whether nginx could show the operator's files, before anything leads to them. Raises StepError."""
    certificate, key = answers.tls_certificate, answers.tls_key
    shown = _public(["x509", "-in", certificate, "-noout", "-pubkey"])
    if not shown:
        raise StepError(f"tls_certificate is wrong: {certificate} is no certificate in PEM.")
    held = _public(["pkey", "-in", key, "-passin", "pass:", "-pubout"])
    if not held:
        raise StepError(f"tls_key is wrong: {key} is no private key in PEM without a password.")
    if shown != held:
        raise StepError(f"tls_key is wrong: {key} is not the key of {certificate}.")


def _public(words: list[str]) -> str:
    try:
        return run(["openssl", *words])
    except StepError:
        return ""


def certificate_issue(answers: Answers, places: Places) -> bool:
    """Let certbot bring a certificate through the running nginx, once. False when it is there."""
    if answers.tls != "certbot":
        return False
    hook = (KIT / "certbot" / "reload-nginx").read_text(encoding="utf-8")
    hooks = places.letsencrypt / "renewal-hooks" / "deploy"
    did = file_put(hooks / "domaap-reload-nginx", hook, mode=0o755)
    did = certificate_ask(answers, places) or did
    return _link(places, *_issued(answers, places)) or did


def certificate_ask(answers: Answers, places: Places) -> bool:
    """Have certbot ask for a certificate; nginx shows the authority its answer. False when it is there."""
    if _issued(answers, places)[0].exists():
        return False
    words = ["certbot", "certonly", "--config-dir", str(places.letsencrypt)]
    asked = ["--webroot", "-w", str(places.base / "acme"), "-d", answers.host]
    # Its folder has this name, whatever was there before: the links lead to it.
    agreed = ["--cert-name", answers.host, "-m", answers.admin_email, "--agree-tos"]
    run([*words, *asked, *agreed, "--no-eff-email", "--non-interactive"])
    return True


def _issued(answers: Answers, places: Places) -> tuple[Path, Path]:
    folder = places.letsencrypt / "live" / answers.host
    return folder / "fullchain.pem", folder / "privkey.pem"


def _link(places: Places, certificate: Path, key: Path) -> bool:
    folder = places.shared / "tls"
    folder_put(folder, mode=0o700)
    return any(
        [link_put(folder / "fullchain.pem", certificate), link_put(folder / "privkey.pem", key)]
    )


def _self_signed(answers: Answers, places: Places) -> bool:
    folder = places.shared / "tls"
    folder_put(folder, mode=0o700)
    certificate, key = folder / f"{answers.host}.pem", folder / f"{answers.host}.key"
    did = not certificate.exists()
    if did:
        kind = "IP" if answers.is_address else "DNS"
        name = ["-subj", f"/CN={answers.host}", "-addext", f"subjectAltName={kind}:{answers.host}"]
        made = ["-keyout", str(key), "-out", str(certificate), "-days", DAYS, "-nodes"]
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        run(["openssl", "req", "-x509", *curve, *made, *name])
        key.chmod(0o600)
    return _link(places, certificate, key) or did


def acme_folder(places: Places) -> bool:
    """Where certbot leaves what the authority asks for."""
    return folder_put(places.base / "acme", owner="root" if os.geteuid() == 0 else places.user)
