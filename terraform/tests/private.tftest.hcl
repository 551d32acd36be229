# What stands inside: the network, Redis, the registry.

mock_provider "google" {}

variables {
  project_id = "swell-test"
}

run "requests_leave_by_one_way_only" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    regions = { us-central1 = 0, europe-west1 = 1, me-west1 = 14 }
  }
  assert {
    condition     = !google_compute_network.this.auto_create_subnetworks
    error_message = "subnetworks are ours"
  }
  assert {
    condition     = alltrue([for each in google_compute_subnetwork.this : each.private_ip_google_access])
    error_message = "Google's APIs and run.app are reached without an address of the internet"
  }
  assert {
    condition     = { for region, each in google_compute_subnetwork.this : region => each.ip_cidr_range } == { us-central1 = "10.64.0.0/22", europe-west1 = "10.64.4.0/22", me-west1 = "10.64.56.0/22" }
    error_message = "a region's addresses go by its number, so that another region moves none"
  }
  assert {
    condition = [for rule in [google_compute_firewall.https_out, google_compute_firewall.redis_out, google_compute_firewall.nothing_else_out, google_compute_firewall.nothing_in] : [
      rule.direction, rule.priority, [for allowed in rule.allow : join(",", allowed.ports)], length(rule.deny)
      ]] == [
      ["EGRESS", 1000, ["443"], 0],
      ["EGRESS", 1000, ["6378,6379"], 0],
      ["EGRESS", 65000, [], 1],
      ["INGRESS", 65000, [], 1],
    ]
    error_message = "443 to Google, Redis inside, everything else refused in both directions"
  }
  assert {
    condition     = google_compute_firewall.redis_out.destination_ranges == toset(["10.0.0.0/8"])
    error_message = "Redis is looked for inside only"
  }
}

run "addresses_are_not_shared" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    regions = { us-central1 = 0, europe-west1 = 0 }
    cidr    = "10.0.0.0/24"
  }
  expect_failures = [var.regions, var.cidr]
}

run "redis_is_reached_inside_with_a_password" {
  command = plan
  module {
    source = "./modules/cache"
  }
  variables {
    regions = ["us-central1", "europe-west1"]
    network = "projects/swell-test/global/networks/swell"
    readers = { query = "serviceAccount:fn-query@swell-test.iam.gserviceaccount.com", stream = "serviceAccount:fn-stream@swell-test.iam.gserviceaccount.com" }
  }
  assert {
    condition     = alltrue([for each in google_redis_instance.this : each.auth_enabled && each.authorized_network == "projects/swell-test/global/networks/swell" && each.connect_mode == "DIRECT_PEERING"])
    error_message = "no address of the internet, no access without a password"
  }
  assert {
    # modules/cache says why; whoever turns it on gives functions the instance's CA as well
    condition     = alltrue([for each in google_redis_instance.this : each.transit_encryption_mode == "DISABLED"])
    error_message = "TLS needs the instance's CA in the functions"
  }
  assert {
    condition     = alltrue([for each in google_redis_instance.this : each.tier == "BASIC" && each.redis_configs["maxmemory-policy"] == "allkeys-lru"])
    error_message = "it holds nothing that may not be lost"
  }
  assert {
    condition     = alltrue([for region, each in google_secret_manager_secret.url : one(one(each.replication).user_managed).replicas[0].location == region])
    error_message = "a password stays in its region"
  }
  assert {
    condition     = { for key, each in google_secret_manager_secret_iam_member.reader : key => each.role } == { for key in ["europe-west1/query", "europe-west1/stream", "us-central1/query", "us-central1/stream"] : key => "roles/secretmanager.secretAccessor" }
    error_message = "who uses it reads its address, and nobody else"
  }
  assert {
    condition     = alltrue([for each in google_secret_manager_secret_version.url : each.secret_data == null])
    error_message = "the address is written, and not kept in the state"
  }
}

run "redis_has_a_size_and_a_tier" {
  command = plan
  module {
    source = "./modules/cache"
  }
  variables {
    regions   = []
    network   = "n"
    readers   = {}
    memory_gb = 0
    tier      = "GOLD"
  }
  expect_failures = [var.memory_gb, var.tier]
}

run "images_are_kept_to_go_back_to" {
  command = plan
  module {
    source = "./modules/registry"
  }
  variables {
    location = "us-central1"
    writers  = { delivery = "serviceAccount:swell-delivery@swell-test.iam.gserviceaccount.com" }
    readers  = { scaling = "serviceAccount:fn-scaling@swell-test.iam.gserviceaccount.com" }
  }
  assert {
    condition     = google_artifact_registry_repository.this.format == "DOCKER" && google_artifact_registry_repository.this.docker_config[0].immutable_tags && !google_artifact_registry_repository.this.cleanup_policy_dry_run
    error_message = "tags stay what they are, and old images go"
  }
  assert {
    condition     = { for each in google_artifact_registry_repository.this.cleanup_policies : each.action => one(concat([for kept in each.most_recent_versions : tostring(kept.keep_count)], [for old in each.condition : old.older_than])) } == { KEEP = "10", DELETE = "2592000s" }
    error_message = "the last ten stay, of the others what is younger than 30 days"
  }
  assert {
    condition     = concat([for each in google_artifact_registry_repository_iam_member.writer : each.role], [for each in google_artifact_registry_repository_iam_member.reader : each.role]) == ["roles/artifactregistry.writer", "roles/artifactregistry.reader"]
    error_message = "who pushes writes, who changes services reads"
  }
  assert {
    condition     = output.repository == "us-central1-docker.pkg.dev/swell-test/swell"
    error_message = "images are named as docker names them"
  }
}

run "one_release_is_too_few" {
  command = plan
  module {
    source = "./modules/registry"
  }
  variables {
    location      = "us-central1"
    writers       = {}
    kept_releases = 1
  }
  expect_failures = [var.kept_releases]
}
