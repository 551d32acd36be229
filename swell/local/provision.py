"""Makes the topics, subscriptions and the bucket of topology.yaml on the emulators."""

from collections.abc import Callable, Iterable

import grpc
import httpx
from google.api_core.exceptions import AlreadyExists
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.cloud.pubsub_v1 import types as pubsub
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from shared.errors import DependencyUnavailable
from shared.topology import Subscription, Topology


class EmulatedPubSub:
    """Topics and push subscriptions of one project on the Pub/Sub emulator."""

    def __init__(self, host: str, project: str) -> None:
        self._project = project
        self._publisher = PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(host)))
        self._subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=grpc.insecure_channel(host)))

    def make_topics(self, topology: Topology) -> None:
        """Make every topic; those that exist are left as they are."""
        for name in topology.topics:
            try:
                self._publisher.create_topic(name=self._topic(name))
            except AlreadyExists:
                continue

    def make_subscriptions(
        self,
        topology: Topology,
        regions: Iterable[str],
        function_url: Callable[[str, str | None], str],
        push_secret: str,
    ) -> None:
        """Make every push subscription, or point those that exist to their functions; each push shows the secret."""
        for name, placed in topology.placed_subscriptions(regions).items():
            url = function_url(placed.subscription.push_function, placed.region)
            request = self._request(name, placed.subscription, url, push_secret)
            try:
                self._subscriber.create_subscription(request)
            except AlreadyExists:  # of an earlier run on the same emulators: it pushes to ports that are gone
                self._subscriber.modify_push_config(subscription=request.name, push_config=request.push_config)

    def _topic(self, name: str) -> str:
        return f"projects/{self._project}/topics/{name}"

    def _request(self, name: str, subscription: Subscription, url: str, push_secret: str) -> pubsub.Subscription:
        return pubsub.Subscription(
            name=f"projects/{self._project}/subscriptions/{name}",
            topic=self._topic(subscription.topic),
            # functions-framework reads the topic of a raw push from the path of its URL.
            push_config=pubsub.PushConfig(push_endpoint=f"{url}/{self._topic(subscription.topic)}?token={push_secret}"),
            ack_deadline_seconds=subscription.ack_deadline_s,
            enable_message_ordering=subscription.ordered,
            retry_policy=pubsub.RetryPolicy(
                minimum_backoff=Duration(seconds=subscription.min_backoff_s),
                maximum_backoff=Duration(seconds=subscription.max_backoff_s),
            ),
            dead_letter_policy=pubsub.DeadLetterPolicy(
                dead_letter_topic=self._topic(subscription.dead_letter_topic),
                max_delivery_attempts=subscription.max_delivery_attempts,
            ),
        )


def make_bucket(storage_url: str, project: str, bucket: str) -> None:
    """Make the bucket; one that exists is left as it is."""
    answer = httpx.post(f"{storage_url}/storage/v1/b", params={"project": project}, json={"name": bucket}, timeout=10)
    if answer.status_code not in (200, 409):
        raise DependencyUnavailable(f"the storage emulator refused bucket {bucket!r}: {answer.text[:200]}")
