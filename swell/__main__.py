"""`python -m swell` is `swell`."""

from swell.cli.main import run

if __name__ == "__main__":
    run()
