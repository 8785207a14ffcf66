# docker build -t peploss . && docker run -p 127.0.0.1:8501:8501 peploss
# Anyone who reaches a published port can use the app; see SECURITY.md and docs/pages/container.md.
# Your own spectra: docker run -p 127.0.0.1:8501:8501 -v "$PWD/spectra:/data:ro" -e PEPLOSS_DATA_DIR=/data peploss
FROM python:3.12-slim

# Where numba keeps what it compiled.
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 NUMBA_CACHE_DIR=/home/peploss/.cache/numba

RUN useradd --create-home --uid 10001 peploss
WORKDIR /app

COPY requirements.txt requirements.lock requirements-cuda.lock ./
# Every distribution is installed by version and hash. torch for CPU comes from PyTorch's own index, by version alone:
# 1.7 GB installed in all. docker build --build-arg TORCH=cuda takes PyPI's torch and its CUDA libraries, 5 GB more.
ARG TORCH=cpu
RUN if [ "$TORCH" = cuda ]; then \
        pip install --no-deps --require-hashes -r requirements-cuda.lock; \
    else \
        pip install --no-deps --index-url https://download.pytorch.org/whl/cpu "$(grep ^torch== requirements.txt)" \
        && pip install --no-deps --require-hashes -r requirements.lock; \
    fi

COPY --chown=peploss app.py LICENSE README.md ./
COPY --chown=peploss .streamlit .streamlit
COPY --chown=peploss pages pages
COPY --chown=peploss peploss peploss
COPY --chown=peploss sample_spectra sample_spectra
USER peploss
# Compiles the kernels into the image, so that the first visitor does not wait for them.
RUN python -c "from peploss.explorer import warm; warm.up()"

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["python", "-m", "peploss", "serve", "--host", "0.0.0.0", "--port", "8501", "--headless"]
