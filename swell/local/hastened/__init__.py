"""Functions on a clock that a rehearsal has set."""
