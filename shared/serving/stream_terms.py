"""What the serving mode says of streams."""

from shared.domain.serving_mode import ServingMode, Streams, terms
from shared.domain.tier import Tier
from shared.serving.errors import StreamsHeld


def admit_stream(mode: ServingMode, tier: Tier) -> None:
    """Raises StreamsHeld where the mode takes no new streams of this tier."""
    if terms(mode, tier).streams is not Streams.OPEN:
        raise StreamsHeld(mode)
