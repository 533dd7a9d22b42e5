# The gallery in a container: `streamlit` (default) is the pages in the browser, `gradio` the app with API and MCP.
#   docker build -t gallery .
#   docker run --rm -p 8501:8501 gallery
#   docker run --rm -p 7860:7860 gallery gradio
# Memory: docs/hosting.md has what was measured. Settings that `docker run -e` may give:
#   GALLERY_FRAME_ANCESTORS  who may frame the pages (sources of CSP's frame-ancestors; default *)
#   GALLERY_HOSTS            names by which the MCP server may be called, apart by commas
#   GALLERY_CALLS            calls of the API at once from one address (64)
#   GALLERY_CACHE_BYTES      weights kept in memory (1 GiB)
#   GALLERY_DEVICE           cuda, mps or cpu; default: what there is
#   GRADIO_ROOT_PATH         the public prefix, behind a proxy that strips it
#   FORWARDED_ALLOW_IPS      the proxy whose X-Forwarded-For is believed (uvicorn's; default: the loopback)
FROM python:3.12-slim-bookworm

WORKDIR /home/gallery/app

COPY packages.txt ./
RUN apt-get update \
    && xargs -a packages.txt apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/*

# The usual wheel of torch brings gigabytes of CUDA. Where the machine computes on its CPU, name a place that has torch for it:
# docker build --build-arg PIP_OPTIONS="--extra-index-url ADDRESS"
ARG PIP_OPTIONS=""
COPY requirements.txt ./
RUN pip install --no-cache-dir ${PIP_OPTIONS} -r requirements.txt

RUN useradd --create-home --uid 1000 gallery && chown gallery:gallery /home/gallery/app
USER gallery
COPY --chown=gallery:gallery app.py ./
COPY --chown=gallery:gallery .streamlit ./.streamlit
COPY --chown=gallery:gallery assets ./assets
COPY --chown=gallery:gallery core ./core
COPY --chown=gallery:gallery gallery ./gallery
COPY --chown=gallery:gallery pages ./pages

ENV PYTHONUNBUFFERED=1 \
    HOME=/home/gallery \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    GRADIO_ANALYTICS_ENABLED=False \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true

COPY --chown=gallery:gallery container ./container
EXPOSE 7860 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 CMD ["python", "container/healthy.py"]
ENTRYPOINT ["sh", "container/start.sh"]
CMD ["streamlit"]
