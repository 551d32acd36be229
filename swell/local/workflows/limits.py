"""The limits of Cloud Workflows, held here as there. Source: cloud.google.com/workflows/quotas (2026)."""

from typing import Final

MAX_SOURCE_BYTES: Final = 128 * 1024
MAX_EXPRESSION_CHARACTERS: Final = 400
MAX_ASSIGNMENTS: Final = 50
MAX_CONDITIONS: Final = 50
MAX_CALL_DEPTH: Final = 20
MAX_STEPS: Final = 100_000
MAX_VARIABLES_BYTES: Final = 512 * 1024
MAX_STRING_BYTES: Final = 256 * 1024
MAX_RESPONSE_BYTES: Final = 2 * 1024 * 1024
MAX_ARGUMENT_BYTES: Final = 32 * 1024
MAX_BRANCHES: Final = 10
MAX_CONCURRENT: Final = 20
MAX_PARALLEL_NESTING: Final = 2
HTTP_TIMEOUT_S: Final = 300.0
MAX_HTTP_TIMEOUT_S: Final = 1800.0
CALLBACK_TIMEOUT_S: Final = 43_200.0
MAX_SLEEP_S: Final = 31_536_000.0
