# Poolhouse in a container: no compiler, no developer tools, no root, and a root file system that
# may be read-only. Everything the server writes is below /data.
#
#   docker build -t poolhouse .
#   docker run --read-only --tmpfs /tmp -v poolhouse:/data -p 127.0.0.1:8000:8000 poolhouse

FROM python:3.11-slim-bookworm AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# Dependencies first: this layer changes only with the lock. Every file is checked against its hash.
COPY requirements.runtime.lock ./
RUN python -m venv /opt/poolhouse \
 && /opt/poolhouse/bin/python -m pip install --require-hashes --only-binary :all: --compile -r requirements.runtime.lock

COPY requirements.build.lock ./
RUN python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --require-hashes --only-binary :all: -r requirements.build.lock

COPY pyproject.toml README.md ./
COPY src ./src
RUN /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/poolhouse/bin/python -m pip install --no-deps --no-index --compile dist/*.whl \
 && /opt/poolhouse/bin/python -m pip uninstall --yes setuptools pip

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Poolhouse" \
      org.opencontainers.image.description="A self-hosted identity provider that speaks Amazon Cognito" \
      org.opencontainers.image.licenses="Apache-2.0"

RUN groupadd --gid 10001 poolhouse \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin poolhouse \
 && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /opt/poolhouse /opt/poolhouse

ENV PATH=/opt/poolhouse/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    POOLHOUSE_HOST=0.0.0.0 \
    POOLHOUSE_DATA_DIR=/data

USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM

# Asks the server itself, past any proxy; over HTTPS where it serves that. An answer from 400 on raises.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import os, ssl, urllib.request as r; e = os.environ; s = 'https' if e.get('POOLHOUSE_TLS_CERTIFICATE') else 'http'; o = r.build_opener(r.ProxyHandler({}), r.HTTPSHandler(context=ssl._create_unverified_context())); o.open(s + '://127.0.0.1:' + e.get('POOLHOUSE_PORT', '8000') + '/health/ready', timeout=4)"]

ENTRYPOINT ["poolhouse"]
CMD ["serve"]
