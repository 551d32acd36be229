"""The infrastructure as Terraform plans it: every module and both environments, with the google provider's schema.

What a plan cannot know (what Google's API refuses, IAM, quotas) is in `test_terraform_facts.py` as far as it is known.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shared.topology import load_topology
from swell.delivery.standing_costs import environments
from tests.deploy.terraforming import (
    ROOT,
    Refused,
    Terraform,
    missing,
    of_type,
    provider,
    resources,
    terraform_in,
)
from tests.deploy.test_terraform_facts import FACTS

pytestmark = pytest.mark.skipif(missing() is not None, reason=f"terraform: {missing()}")

NUMBER = "123456789012"
GIVEN: Mapping[str, Any] = {
    "project_id": "swell-test",
    "emails": ["operators@example.com"],
    "billing_account": "000000-000000-000000",
    "runbook_url": "https://example.com/runbook.md",
}
SOME_REGIONS = ("us-central1", "europe-west1", "me-west1")
"""Planning all fifteen takes half a minute: `./dev test terraform` does that, and sets SWELL_TERRAFORM_ALL_REGIONS."""

ALL = "SWELL_TERRAFORM_ALL_REGIONS" in os.environ  # noqa: TID251 - of the tests, not of Swell
TOPOLOGY = load_topology() if ALL else load_topology().limited_to(SOME_REGIONS)

IMAGE = f"us-central1-docker.pkg.dev/swell-test/swell/swell@sha256:{'0' * 64}"

PROD: Mapping[str, Any] = {
    **GIVEN,
    "domains": ["search.example.com"],
    "image": IMAGE,
    "operator_ranges": ["192.0.2.0/24"],
    "transfer_buckets": ["somebody-elses-files"],
    "warms_regions": True,
    **({} if ALL else {"regions": SOME_REGIONS, "cache_regions": ["us-central1", "europe-west1"]}),
}


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terraform]:
    """Terraform on a copy of the files, and the provider that it talks to."""
    with terraform_in(tmp_path_factory.mktemp("terraform") / "tree") as running:
        yield running


@pytest.fixture(scope="module")
def dev(terraform: Terraform) -> dict[str, Any]:
    """The plan of the small environment."""
    terraform.init("envs/dev")
    return terraform.plan("dev", {**GIVEN, "image": IMAGE})


@pytest.fixture(scope="module")
def prod(terraform: Terraform) -> dict[str, Any]:
    """The plan of the environment behind a load balancer."""
    terraform.init("envs/prod")
    return terraform.plan("prod", PROD)


def test_files_are_formatted(terraform: Terraform) -> None:
    """As terraform fmt has them."""
    assert terraform.run(".", "fmt", "-check", "-recursive") == ""


def test_modules_keep_their_word(terraform: Terraform) -> None:
    """What they refuse, and what they promise: terraform/tests."""
    terraform.init(".")

    assert re.search(r"Success! [1-9]\d* passed, 0 failed", terraform.run(".", "test", "-no-color"))


def test_what_the_provider_does_not_know_is_refused(terraform: Terraform) -> None:
    """The schema is really looked at: an attribute that does not exist, and one that is no such value."""
    folder = terraform.tree / "terraform" / "modules" / "registry"
    terraform.init("modules/registry")
    terraform.run("modules/registry", "validate")
    text = (folder / "main.tf").read_text(encoding="utf-8")
    try:
        for old, new in (("description ", "motto "), ('"INHERITED"', '"SOMETIMES"')):
            (folder / "main.tf").write_text(text.replace(old, new), encoding="utf-8")
            with pytest.raises(Refused, match=new.strip(' "')):
                terraform.run("modules/registry", "validate", "-no-color")
    finally:
        (folder / "main.tf").write_text(text, encoding="utf-8")


def test_every_function_runs_where_it_must(prod: dict[str, Any]) -> None:
    """Regional ones in all regions, the others at home; what takes gRPC has a second service."""
    expected = set()
    for name, function in TOPOLOGY.functions.items():
        for region in TOPOLOGY.regions if function.placement == "regional" else [TOPOLOGY.home_region]:
            expected.add((name.replace("_", "-"), region))
            if FACTS[name].get("grpc"):
                expected.add((f"{name}-grpc", region))

    services = of_type(prod, "google_cloud_run_v2_service")

    assert {(each["name"], each["location"]) for each in services} == expected


def test_services_are_as_the_topology_says(prod: dict[str, Any]) -> None:
    """Size, timeout, ceiling, and who may reach them."""
    for each in of_type(prod, "google_cloud_run_v2_service"):
        [template] = each["template"]
        [container] = template["containers"]
        variables = {variable["name"]: variable.get("value") for variable in container["env"]}
        name = variables["FUNCTION_TARGET"]
        function = TOPOLOGY.functions[name]
        is_public = function.trigger == "http"

        assert template["timeout"] == f"{function.timeout_s}s"
        assert template["max_instance_request_concurrency"] == function.concurrency
        assert container["resources"][0]["limits"] == {"cpu": f"{function.cpu:g}", "memory": f"{function.memory_mb}Mi"}
        most = function.instances[TOPOLOGY.regions[each["location"]].tier].max
        assert template["scaling"][0]["max_instance_count"] == most
        assert each["ingress"].endswith("LOAD_BALANCER" if is_public else "INTERNAL_ONLY")
        assert bool(each["invoker_iam_disabled"]) == is_public
        assert set(json.loads(variables["SWELL_BUCKETS"])) == set(TOPOLOGY.regions)
        assert variables["SWELL_REGION"] == each["location"]
        own = f"https://{each['name']}-{NUMBER}.{each['location']}.run.app"
        if provider():  # the number that it gives every project
            assert {variables[key] for key in variables if key.endswith("_AUDIENCE")} <= {own}
        assert template["service_account"] == f"fn-{name.replace('_', '-')}@swell-test.iam.gserviceaccount.com"


def test_subscriptions_are_as_the_topology_says(prod: dict[str, Any]) -> None:
    """All of them: identity, order, back-off, deadline, and dead-letter topics that Pub/Sub may publish to."""
    placed = TOPOLOGY.placed_subscriptions(TOPOLOGY.regions)
    found = {each["name"]: each for each in of_type(prod, "google_pubsub_subscription")}

    assert set(found) == set(placed)
    for name, each in found.items():
        wanted = placed[name].subscription
        assert each["ack_deadline_seconds"] == wanted.ack_deadline_s
        assert each["enable_message_ordering"] == wanted.ordered
        assert each["retry_policy"] == [
            {"minimum_backoff": f"{wanted.min_backoff_s}s", "maximum_backoff": f"{wanted.max_backoff_s}s"}
        ]
        assert each["dead_letter_policy"][0]["max_delivery_attempts"] == wanted.max_delivery_attempts
        assert each["expiration_policy"] == [{"ttl": ""}]
        [push] = each["push_config"]
        assert push["oidc_token"][0]["audience"] == push["push_endpoint"]
        assert push["oidc_token"][0]["service_account_email"] == "swell-push@swell-test.iam.gserviceaccount.com"
        region = placed[name].region or TOPOLOGY.home_region
        assert f".{region}.run.app" in push["push_endpoint"]
    dead = {wanted.subscription.dead_letter_topic for wanted in placed.values()}
    agent = {
        each["topic"]
        for each in of_type(prod, "google_pubsub_topic_iam_member")
        if "gcp-sa-pubsub" in (each.get("member") or "")
    }
    assert agent == dead


def test_topics_are_those_of_the_topology(prod: dict[str, Any]) -> None:
    """Neither more nor fewer."""
    assert {each["name"] for each in of_type(prod, "google_pubsub_topic")} == set(TOPOLOGY.topics)


def test_roles_are_the_least(prod: dict[str, Any]) -> None:
    """No basic role, nobody is an administrator, and state is written by those who do."""
    members = [each for each in resources(prod) if each["type"].endswith("_iam_member")]
    roles = {each["values"]["role"] for each in members if each["values"].get("role")}
    state = {
        each["index"]: each["values"]["role"]
        for each in members
        if each["type"] == "google_project_iam_member" and each["name"] == "state"
    }
    objects = {
        (each["index"].partition("/")[2], each["values"]["role"])
        for each in members
        if each["type"] == "google_storage_bucket_iam_member" and each["name"] == "index"
    }

    assert {role for role in roles if re.search(r"roles/(owner|editor|viewer)$|[aA]dmin$", role)} <= {
        "roles/ondemandscanning.admin"  # no smaller role may scan
    }
    assert not [each for each in members if each["values"].get("member") in {"allUsers", "allAuthenticatedUsers"}]
    assert {
        (each["values"]["role"], each["values"]["member"].partition("@")[0])
        for each in members
        if each["type"] == "google_cloud_run_v2_service_iam_member" and each["name"] == "granted"
    } == {
        (f"projects/swell-test/roles/swell_{ability}", f"serviceAccount:fn-{name.replace('_', '-')}")
        for name, facts in FACTS.items()
        for ability in facts["may"]
        if ability.endswith("_query")
    }
    assert state == {
        name: "roles/datastore.user" if facts["state"] == "writes" else "roles/datastore.viewer"
        for name, facts in FACTS.items()
    }
    assert objects == {
        (name, {"reads": "roles/storage.objectViewer", "writes": "roles/storage.objectUser"}[facts["objects"]])
        for name, facts in FACTS.items()
        if facts["objects"] != "none"
    }


def test_requests_reach_the_function_that_serves_them(prod: dict[str, Any]) -> None:
    """One rule a route, by method and path; answers that a CDN may keep have a backend of their own."""
    [urls] = [each for each in of_type(prod, "google_compute_url_map") if each["name"] == "swell"]
    rules = next(each for each in urls["path_matcher"] if each["name"] == "api")["route_rules"]
    matches = [rule["match_rules"][0] for rule in rules]
    found = {
        (match["header_matches"][0]["exact_match"], match["path_template_match"] or match["full_path_match"])
        for match in matches
        if match["header_matches"]
    }
    cached = {each["name"] for each in of_type(prod, "google_compute_backend_service") if each["enable_cdn"]}

    assert found == {
        (route.method, re.sub(r"\{\w+\}", "*", route.path))
        for function in TOPOLOGY.functions.values()
        for route in function.routes
    }
    assert [rule["priority"] for rule in rules] == list(range(1, len(rules) + 1))
    assert [match["prefix_match"] for match in matches if not match["header_matches"]] == ["/swell.v1.Search/"]
    assert all("*" in match["path_template_match"] for match in matches if match["path_template_match"])
    assert cached == {"swell-query-cached"}


def test_the_edge_stands_in_every_region(prod: dict[str, Any]) -> None:
    """Each backend of a regional function has all regions, looks for outliers, and stands behind Cloud Armor."""
    for each in of_type(prod, "google_compute_backend_service"):
        name = each["name"].removeprefix("swell-").removesuffix("-cached").removesuffix("-canary").removesuffix("-grpc")
        regional = TOPOLOGY.functions[name].placement == "regional"
        assert len(each["backend"]) == (len(TOPOLOGY.regions) if regional else 1)
        assert each["outlier_detection"][0]["max_ejection_percent"] == 50
        assert each["load_balancing_scheme"] == "EXTERNAL_MANAGED"
    [policy] = of_type(prod, "google_compute_security_policy")
    actions = {rule["priority"]: rule["action"] for rule in policy["rule"]}
    assert actions[100] == "deny(403)"
    assert actions[2000] == "rate_based_ban"
    assert policy["adaptive_protection_config"][0]["layer_7_ddos_defense_config"][0]["enable"] is True


def test_schedules_and_workflows_are_the_repository_s(prod: dict[str, Any]) -> None:
    """Those of topology.yaml, and the files as they are."""
    jobs = {each["name"]: each for each in of_type(prod, "google_cloud_scheduler_job")}
    flows = {each["name"]: each for each in of_type(prod, "google_workflows_workflow")}

    assert set(jobs) == {f"schedule-{name}" for name in TOPOLOGY.schedules}
    for name, schedule in TOPOLOGY.schedules.items():
        assert jobs[f"schedule-{name}"]["schedule"] == schedule.cron
        assert jobs[f"schedule-{name}"]["pubsub_target"][0]["attributes"]["ce-type"] == schedule.event
    files = {path.name.partition(".")[0]: path.read_text("utf-8") for path in (ROOT / "workflows").glob("*.yaml")}
    assert {name: each["source_contents"] for name, each in flows.items()} == files


def test_the_dashboard_has_its_tiles(prod: dict[str, Any]) -> None:
    """Sixteen at least, none over another."""
    config = json.dumps(prod["configuration"]["root_module"])
    tiles = re.findall(r'\[\s*"([^"]+)", ', (ROOT / "terraform/modules/observability/dashboard.tf").read_text("utf-8"))

    assert "google_monitoring_dashboard" in config
    assert len(set(tiles)) == len(tiles) >= 16


def test_a_small_environment_is_small(dev: dict[str, Any]) -> None:
    """Two regions, and nothing that is paid by the hour."""
    services = of_type(dev, "google_cloud_run_v2_service")
    kinds = {each["type"] for each in resources(dev)}
    standing = {"google_redis_instance", "google_compute_global_forwarding_rule", "google_compute_backend_service"}

    assert {each["location"] for each in services} == {"us-central1", "europe-west1"}
    assert not kinds & standing


def test_a_small_quota_lowers_every_ceiling(dev: dict[str, Any]) -> None:
    """Of the services, and of what functions think that a region may have."""
    services = of_type(dev, "google_cloud_run_v2_service")
    ceilings = {each["template"][0]["scaling"][0]["max_instance_count"] for each in services}
    thought = {
        variable["value"]
        for each in services
        for variable in each["template"][0]["containers"][0]["env"]
        if variable["name"] == "SWELL_REGION_INSTANCES"
    }

    assert max(ceilings) == 10
    assert min(ceilings) == 2, "a ceiling of topology.yaml that is lower stays"
    assert thought == {"10"}


def test_outputs_are_what_the_guide_reads(dev: dict[str, Any], prod: dict[str, Any]) -> None:
    """Addresses of the front door where there is one, root addresses, the place of backups, who delivers."""
    for name, plan in (("dev", dev), ("prod", prod)):
        outputs = plan["planned_values"]["outputs"]
        urls = outputs["urls"]["value"]
        services = of_type(plan, "google_cloud_run_v2_service")

        assert set(urls) == {f"{each['name']}/{each['location']}" for each in services}
        assert set(outputs["environment"]["value"]) == set(urls)
        assert outputs["backups"]["value"] == "gs://swell-test-swell-backups"
        assert outputs["delivery"]["value"] == "swell-delivery@swell-test.iam.gserviceaccount.com"
        pushed = {each["push_config"][0]["push_endpoint"] for each in of_type(plan, "google_pubsub_subscription")}
        assert pushed <= set(urls.values()), name
    assert dev["planned_values"]["outputs"]["addresses"]["value"] == {}
    assert {each["ip_version"] for each in of_type(prod, "google_compute_global_address")} == {"IPV4", "IPV6"}


def test_an_image_is_there_before_what_runs_it(dev: dict[str, Any]) -> None:
    """Nothing is left to build_config, which builds nothing; without an image no function is planned."""
    services = of_type(dev, "google_cloud_run_v2_service")

    assert {each["template"][0]["containers"][0]["image"] for each in services} == {IMAGE}
    assert [each["name"] for each in services if each.get("build_config")] == []


def test_a_release_is_built_from_sources_that_its_builder_may_read(prod: dict[str, Any]) -> None:
    """`gcloud builds submit` puts them into the bucket of sources, and the build runs as swell-delivery."""
    readers = [
        (each["values"]["role"], each["values"]["member"].partition("@")[0])
        for each in resources(prod)
        if each["type"] == "google_storage_bucket_iam_member" and each["name"] == "sources"
    ]

    assert ("roles/storage.objectViewer", "serviceAccount:swell-delivery") in readers


def test_what_scaling_sets_is_left_alone() -> None:
    """An apply in the midst of a crowd would undo its prewarm, and one in the midst of a release its shares."""
    text = (ROOT / "terraform/modules/function/main.tf").read_text("utf-8")
    ignored = re.search(r"ignore_changes = \[(.*?)^    \]", text, re.MULTILINE | re.DOTALL)

    assert ignored
    left_alone = set(re.findall(r"^ +([\w\[\].]+),", ignored[1], re.MULTILINE))
    assert {"scaling", "traffic", "template[0].containers[0].image", "template[0].revision"} <= left_alone


def test_what_stands_is_what_its_costs_are_reckoned_from(dev: dict[str, Any], prod: dict[str, Any]) -> None:
    """`swell deploy costs` knows how many rules, conditions and instances of Redis there are."""
    known = environments(load_topology())
    defaults = (ROOT / "terraform/envs/prod/variables.tf").read_text("utf-8")
    redis = re.search(r'variable "cache_regions" \{.*?default +=\s\[(.*?)\]', defaults, re.DOTALL)

    assert redis
    assert len(redis[1].split(",")) == known["prod"].redis_regions
    for name, plan in (("dev", dev), ("prod", prod)):
        conditions = [len(each["conditions"]) for each in of_type(plan, "google_monitoring_alert_policy")]
        rules = [len(each["rule"]) for each in of_type(plan, "google_compute_security_policy")]
        assert sum(conditions) == known[name].alert_conditions
        assert sum(rules) == known[name].security_rules
        assert len(of_type(plan, "google_compute_global_forwarding_rule")) == known[name].forwarding_rules
    assert {each["location"] for each in of_type(dev, "google_cloud_run_v2_service")} == set(known["dev"].regions)
