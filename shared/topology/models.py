"""The shape of `topology.yaml`; `topology.schema.json` is generated from these models."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.errors import ConfigurationError
from shared.topology import rules

# Pub/Sub: 3-255 characters, a letter first (https://cloud.google.com/pubsub/docs/pubsub-basics).
ResourceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{2,254}$")]
FunctionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
RegionName = Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+[0-9]+$")]
TierName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
EventType = Annotated[str, Field(pattern=r"^[a-z0-9_]+([.][a-z0-9_]+)*[.]v[0-9]+$")]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Path = Annotated[str, Field(pattern=r"^(/([a-z0-9_.-]+|\{[a-z_]+\}))+$")]
Retention = Annotated[int, Field(ge=600, le=2_678_400)]  # Pub/Sub keeps between 10 minutes and 31 days


class Entry(BaseModel):
    """Immutable, and strict: an unknown key or a value of another type is refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        defer_build=True,  # one validator for the whole topology, built when it is read: halves the import
    )


class Tier(Entry):
    """A class of regions that are sized alike."""

    description: str
    """What sets these regions apart."""


class Region(Entry):
    """One Google Cloud region that answers queries."""

    tier: TierName
    """The tier that sizes this region; a key of `tiers`."""
    city: str
    """The place the coordinates stand for, as people name it."""
    latitude_deg: float = Field(ge=-90, le=90)
    """Degrees north of the equator, for the distance between a client and a region."""
    longitude_deg: float = Field(ge=-180, le=180)
    """Degrees east of Greenwich."""
    hub: RegionName | None = None
    """The region whose copies of the indexes this one takes over; absent where the region is a hub itself."""


class Topic(Entry):
    """One Pub/Sub topic: one family of events, or the dead letters of one subscription."""

    description: str
    """What is published here."""
    retention_s: Retention
    """How long messages stay, acknowledged or not, so that an operator can seek back to them; in seconds."""


class Subscription(Entry):
    """One push subscription: what a function is sent, and what becomes of a delivery that fails."""

    topic: ResourceName
    """Where the messages come from; a key of `topics`."""
    push_function: FunctionName
    """The event function that receives them; a key of `functions`."""
    ordered: bool
    """Whether messages of one ordering key are delivered one after the other."""
    ack_deadline_s: int = Field(ge=10, le=600)
    """How long a push may take before the message is delivered again; in seconds."""
    min_backoff_s: int = Field(ge=0, le=600)
    """The pause after the first failed delivery; in seconds."""
    max_backoff_s: int = Field(ge=0, le=600)
    """The longest pause between two deliveries; in seconds."""
    max_delivery_attempts: int = Field(ge=5, le=10)
    """Deliveries before the message goes to the dead-letter topic. Pub/Sub allows no fewer than 5."""
    dead_letter_topic: ResourceName
    """Where a message goes when its attempts are used up; a key of `topics`."""
    retention_s: int = Field(ge=600, le=2_678_400)
    """How long an unacknowledged message is kept; in seconds."""


class Route(Entry):
    """One line of the HTTP surface."""

    method: Literal["GET", "PUT", "POST", "DELETE"]
    """The HTTP method."""
    path: Path
    """The path; a segment in braces matches any one segment."""


class Instances(Entry):
    """How few and how many instances a function may have in one region."""

    min: int = Field(ge=0)
    """Instances kept warm when nothing is asked. A prewarm raises it and steps it down again."""
    max: int = Field(ge=1)
    """Instances that a crowd may cause; the first line of the budget."""


class Function(Entry):
    """One deployable: a folder under `functions/`, an entry point and a Cloud Function of the same name."""

    description: str
    """What it does, in one line."""
    trigger: Literal["http", "event"]
    """What starts it: requests on its routes, or pushes from its subscriptions."""
    interface: Literal["asgi", "wsgi", "server"]
    """The server interface of functions-framework; `server` for a `main.py` that is a server, started as a program.
    Event functions need `wsgi`: `asgi` refuses raw pushes."""
    placement: Literal["regional", "home"]
    """Whether it runs in every region or in the home region only."""
    routes: Annotated[tuple[Route, ...], Field(strict=False)] = ()
    """The part of the HTTP surface that it serves; `health_paths` come on top."""
    operators: Annotated[tuple[RoleName, ...], Field(strict=False)] = ()
    """Roles of the service accounts whose ID tokens operate it, beside keys of operators; SWELL_OPERATOR_IDENTITIES
    says who has which."""
    memory_mb: int = Field(ge=128, le=32_768)
    """Memory of one instance, files in /tmp included; in MiB."""
    cpu: float = Field(ge=0.08, le=8)
    """vCPUs of one instance."""
    concurrency: int = Field(ge=1, le=1000)
    """Requests that one instance serves at the same time."""
    timeout_s: int = Field(ge=1, le=3600)
    """How long one request may take; in seconds."""
    instances: dict[TierName, Instances]
    """Bounds by tier: every tier for a regional function, the tier of the home region for a home one."""

    @property
    def signature_type(self) -> Literal["http", "cloudevent"]:
        """What functions-framework calls the kind of this function."""
        return "http" if self.trigger == "http" else "cloudevent"


class Schedule(Entry):
    """One job of Cloud Scheduler: an event published at set times."""

    cron: str = Field(pattern=r"^\S+( \S+){4}$")
    """When, as five cron fields."""
    time_zone: str = Field(pattern=r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$")
    """The time zone that the cron fields are in, by its name in the tz database."""
    topic: ResourceName
    """Where it publishes; a key of `topics`."""
    event: EventType
    """The type of the CloudEvent that it publishes. Without `ce-id` and `ce-time`: Cloud Scheduler's are constant."""
    body: dict[str, Any]
    """The JSON object that is published."""


class Topology(Entry):
    """Every region, topic, subscription, function and schedule of one deployment, consistent in itself."""

    home_region: RegionName
    """Where writes commit and home functions run; a key of `regions`, and a hub."""
    health_paths: Annotated[tuple[Path, ...], Field(strict=False, min_length=1)]
    """Paths that every HTTP function answers to GET: alive, ready."""
    build_environment: dict[EnvironmentName, str]
    """Environment variables of every build, here and in the cloud, that compiles what requirements.txt pins."""
    tiers: dict[TierName, Tier] = Field(min_length=1)
    """Classes of regions, by name."""
    regions: dict[RegionName, Region] = Field(min_length=1)
    """Regions by their name in Google Cloud."""
    topics: dict[ResourceName, Topic] = Field(min_length=1)
    """Topics by name."""
    subscriptions: dict[ResourceName, Subscription]
    """Subscriptions by name: consumer, a full stop, topic."""
    functions: dict[FunctionName, Function] = Field(min_length=1)
    """Functions by name: the folder under `functions/` and the entry point in its `main.py`."""
    schedules: dict[ResourceName, Schedule]
    """Schedules by name."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if problems := rules.violations(self):
            raise ValueError("\n".join(problems))
        return self

    def limited_to(self, regions: Collection[str]) -> Self:
        """The topology of a deployment that has some of the regions; who loses its hub copies from home.

        Raises:
            ConfigurationError: a region is not in the topology, or the home region is left out.
        """
        if strange := sorted(set(regions) - set(self.regions)):
            raise ConfigurationError(f"regions: got {', '.join(strange)}, allowed: {', '.join(self.regions)}")
        if self.home_region not in regions:
            raise ConfigurationError(f"regions: {', '.join(regions)} lack the home region {self.home_region}")
        kept = {
            name: region if region.hub in (None, *regions) else region.model_copy(update={"hub": None})
            for name, region in self.regions.items()
            if name in regions
        }
        return self.model_copy(update={"regions": kept})

    def placed_subscriptions(self, regions: Iterable[str]) -> dict[str, "PlacedSubscription"]:
        """The subscriptions of a deployment by their name there: one of a regional function exists in every region."""
        placed = {}
        for name, subscription in self.subscriptions.items():
            if self.functions[subscription.push_function].placement == "home":
                placed[name] = PlacedSubscription(subscription, None)
            else:
                placed |= {f"{name}.{region}": PlacedSubscription(subscription, region) for region in regions}
        return placed

    def subscriptions_of(self, function: str) -> dict[str, Subscription]:
        """Return the subscriptions that push to one function, by name."""
        return {name: sub for name, sub in self.subscriptions.items() if sub.push_function == function}

    def dead_letters_of(self, function: str) -> dict[str, str]:
        """Return where the dead letters of one function go, by the topic that they were published to."""
        return {sub.topic: sub.dead_letter_topic for sub in self.subscriptions_of(function).values()}


@dataclass(frozen=True)
class PlacedSubscription:
    """A subscription as it is deployed. `region`: where it pushes to; None for the home region."""

    subscription: Subscription
    region: str | None
