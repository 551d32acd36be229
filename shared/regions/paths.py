"""Where the state of regions is kept."""

REGIONS = "regions"


def region_document(region: str) -> str:
    """The membership of a region: who runs there, and how it does."""
    return f"{REGIONS}/{region}"


def regional_head_document(region: str, collection: str, shard: int) -> str:
    """Which version of a shard a region has. A collection's name cannot hold a tilde."""
    return f"{REGIONS}/{region}/heads/{collection}~{shard}"


def regional_heads(region: str) -> str:
    """All heads of a region."""
    return f"{REGIONS}/{region}/heads"


def replication_status_document(region: str) -> str:
    """How far a region was behind at its last look."""
    return f"{REGIONS}/{region}/status/replication"


def replication_document(collection: str) -> str:
    """Which regions follow a collection, and in which shape; absent: all of them, in the cheapest."""
    return f"replication/{collection}"
