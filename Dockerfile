# The application alone: PostgreSQL, Valkey and the chain are services of their own (compose.yaml, docs/operating.md).
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
COPY . .
# Reading the settings needs values; none of them is kept, and collecting static files connects to nothing.
RUN SECRET_KEY=build MASTER_KEY=0000000000000000000000000000000000000000000000000000000000000000 \
    DATABASE_URL=postgresql://nobody@nowhere/nothing REDIS_URL=redis://nowhere/0 VAR_DIR=/var/lib/commons \
    /venv/bin/python manage.py collectstatic --no-input

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home commons
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/commons
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY --from=build --chown=commons /var/lib/commons /var/lib/commons
WORKDIR /app
USER commons
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", \
  "import urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': 'localhost', 'X-Forwarded-Proto': 'https'}), timeout=4)"]
CMD ["granian", "--interface", "asginl", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--no-ws", \
     "--respawn-failed-workers", "--workers-kill-timeout", "10", "dimo.asgi:application"]
