# docker build -t peploss . && docker run -p 8501:8501 peploss
# Your own spectra: docker run -p 8501:8501 -v "$PWD/spectra:/data:ro" -e PEPLOSS_DATA_DIR=/data peploss
FROM python:3.12-slim

# Where numba keeps what it compiled.
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 NUMBA_CACHE_DIR=/home/peploss/.cache/numba

RUN useradd --create-home --uid 10001 peploss
WORKDIR /app

COPY requirements.txt .
# torch for CPU: the same version without 5 GB of CUDA.
RUN pip install --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt

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
