# The suite in a container; README says how to build and to run it.
FROM python:3.11-slim

# Runs record the commit of their code.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home suite
WORKDIR /home/suite/soft-q-pg
RUN chown suite:suite .
USER suite
COPY --chown=suite:suite . .

# It sets .venv up with the versions of constraints.txt, as in any clone.
RUN ./run_all.sh list

VOLUME /home/suite/soft-q-pg/results
ENTRYPOINT ["./run_all.sh"]
CMD ["--help"]
