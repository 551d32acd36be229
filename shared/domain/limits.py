"""Every limit on input from outside, in one place. Error messages and the API reference quote these."""

import re
from typing import Final

MIN_DIMENSION: Final = 2
MAX_DIMENSION: Final = 4096
MAX_TOP_K: Final = 1000
MAX_ID_BYTES: Final = 512
MAX_RECORDS_PER_REQUEST: Final = 1000
MAX_QUERIES_PER_REQUEST: Final = 100
MAX_BODY_S: Final = 30.0
"""A body that takes longer holds a place that others could have; 8 MB come within it at 2.2 Mbit/s."""
MAX_REQUEST_BYTES: Final = 8_000_000
MAX_SHARDS: Final = 64
MAX_DECLARED_ATTRIBUTES: Final = 64
MAX_ATTRIBUTES_BYTES_PER_RECORD: Final = 16_384
MAX_RECALL_SAMPLE: Final = 200
MAX_STALENESS_MS: Final = 60_000
MIN_TIMEOUT_MS: Final = 1
MAX_TIMEOUT_MS: Final = 60_000
MAX_IDEMPOTENCY_KEY_BYTES: Final = 128
MAX_URI_CHARACTERS: Final = 2048
MAX_FIELD_NAME_CHARACTERS: Final = 256
MAX_IMPORTED_FIELDS: Final = 256
MAX_REVISION: Final = 2**63 - 1
"""What a state document can hold; of fencing tokens too."""

COLLECTION_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
ATTRIBUTE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

# A Pub/Sub message may carry 10 MB, attributes and base64 included
# (https://cloud.google.com/pubsub/quotas, resource limits); above this a payload travels by reference.
MAX_INLINE_PAYLOAD_BYTES: Final = 7_000_000
