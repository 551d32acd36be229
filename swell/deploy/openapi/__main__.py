"""`python -m swell.deploy.openapi` writes `docs/openapi.json`, and what the query function serves of it."""

from swell.deploy.openapi.files import write

if __name__ == "__main__":
    write()
