"""The product as the kit deploys it, on loopback: nginx with TLS, gunicorn, worker, Next.js.

`make deploy-test` runs these. They need nginx, openssl and a Chromium (as root apt brings them).
"""
