# Photoplay's web app. With a GPU: docker run --gpus all. PIP_EXTRA_INDEX_URL may name an index with a CPU build of torch,
# which makes the image some gigabytes smaller.
#
#   docker build -t photoplay .
#   docker run -p 127.0.0.1:7860:7860 -e PHOTOPLAY_PASSWORD=... --stop-timeout 25 \
#       -v photoplay-workspace:/workspace -v "$PWD/models:/workspace/models:ro" photoplay
#
# Visitors sign in with that password, or as the users that were made with `python cli.py users add NAME`: without either
# the app refuses an address that other machines can reach. The weights (folders checkpoints/ and controlnets/) and
# everything that is made stay outside the image, in the volumes. docs/lab-server.md has the rest.
FROM python:3.11-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /photoplay
ARG PIP_EXTRA_INDEX_URL=""
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

RUN useradd --create-home --uid 1000 photoplay \
    && mkdir -p /workspace/models \
    && chown -R photoplay:photoplay /workspace
COPY . .

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OMP_WAIT_POLICY=PASSIVE \
    GRADIO_ANALYTICS_ENABLED=False \
    HF_HUB_OFFLINE=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    PHOTOPLAY_HOME=/workspace
USER photoplay
VOLUME ["/workspace", "/workspace/models"]
EXPOSE 7860
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health', timeout=4)"]
ENTRYPOINT ["python", "app.py", "--host", "0.0.0.0", "--port", "7860"]
CMD ["--log-format", "json"]
