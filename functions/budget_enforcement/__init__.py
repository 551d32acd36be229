"""Budget enforcement: counts what is spent each minute and says how much may still be, and what gives way first."""
