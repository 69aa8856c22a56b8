# nginx and certbot, with the kit's own templates, filled in by the kit's own code at the start:
# docker build -f deploy/docker/nginx.Dockerfile -t domaap-nginx .
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends certbot curl nginx openssl python3 \
    && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled/default \
    # The engine keeps and turns over what is said here.
    && ln -sf /dev/stdout /var/log/nginx/domaap-access.log \
    && ln -sf /dev/stderr /var/log/nginx/domaap-error.log
WORKDIR /kit
COPY deploy deploy
CMD ["python3", "-m", "deploy.kit.container", "nginx", "/answers"]
