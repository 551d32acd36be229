# syntax=docker/dockerfile:1.7
# One image for every function: which one it is, FUNCTION_TARGET says (`query`, …).
#
#   docker buildx build --sbom=true --provenance=mode=max --tag swell --load .
#   docker run --rm -e FUNCTION_TARGET=query -e SWELL_RUNTIME=embedded -e SWELL_DATA_DIR=/tmp/swell -p 127.0.0.1:8080:8080 swell
#
# Cloud Run gives each service its own; `swell deploy` delivers the image by digest.

FROM python:3.11.14-slim-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /swell
COPY requirements.txt topology.yaml ./
# annoy is compiled for any x86-64, with the flags that topology.yaml says
RUN python -m venv .venv \
 && ANNOY_COMPILER_ARGS="$(sed -n 's/^  ANNOY_COMPILER_ARGS: "\(.*\)"$/\1/p' topology.yaml)" \
    .venv/bin/pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt
COPY functions functions
COPY shared shared
COPY tools/start_function.py start_function.py
RUN .venv/bin/python -m compileall -q functions shared start_function.py

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home swell
# at the same path, which the scripts in .venv contain
WORKDIR /swell
COPY --from=build /swell /swell
USER 10001
# what the platform's own images set; pydantic looks for no plugins, which a cold start would wait for
ENV PATH=/swell/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYDANTIC_DISABLE_PLUGINS=__all__ OPENBLAS_NUM_THREADS=1 PORT=8080
EXPOSE 8080
# for engines that look; Cloud Run has its own probes.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["python", "start_function.py", "--check"]
CMD ["python", "start_function.py"]
