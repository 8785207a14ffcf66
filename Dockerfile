# docker build -t peploss . && docker run -p 8501:8501 peploss
# Your own spectra: docker run -p 8501:8501 -v "$PWD/spectra:/data:ro" -e PEPLOSS_DATA_DIR=/data peploss
FROM python:3.12-slim

# numba keeps what it compiled here; HOME of the user below is where Streamlit looks.
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 NUMBA_CACHE_DIR=/home/peploss/.cache/numba

RUN useradd --create-home --uid 10001 peploss
WORKDIR /app

COPY requirements.txt .
RUN pip install -r requirements.txt

COPY --chown=peploss app.py LICENSE README.md ./
COPY --chown=peploss .streamlit .streamlit
COPY --chown=peploss pages pages
COPY --chown=peploss peploss peploss
COPY --chown=peploss sample_spectra sample_spectra
RUN chown peploss /app
USER peploss

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.headless=true"]
