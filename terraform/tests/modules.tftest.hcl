# What the modules refuse and promise. Run from terraform/: terraform init && terraform test

mock_provider "google" {}

variables {
  project_id      = "swell-test"
  region          = "us-central1"
  service_account = "a@swell-test.iam.gserviceaccount.com"
}

run "a_dead_letter_goes_elsewhere" {
  command = plan
  module {
    source = "./modules/messaging"
  }
  variables {
    pubsub_agent = "serviceAccount:service-42@gcp-sa-pubsub.iam.gserviceaccount.com"
    push_account = { email = "p@swell-test.iam.gserviceaccount.com", name = "projects/swell-test/serviceAccounts/p" }
    topics       = { writes = { retention_s = 600 }, dead = { retention_s = 600 } }
    publishers   = {}
    subscriptions = { "f.writes" = {
      topic         = "writes", endpoint = "https://f.run.app", ordered = true, ack_deadline_s = 60, function_timeout_s = 60
      min_backoff_s = 20, max_backoff_s = 10, max_delivery_attempts = 4, dead_letter_topic = "writes", retention_s = 600
    } }
  }
  expect_failures = [var.subscriptions]
}

run "an_image_has_a_digest_and_a_health_path_no_z" {
  command = plan
  module {
    source = "./modules/function"
  }
  variables {
    name          = "query"
    service_name  = "Query"
    description   = "-"
    image         = "r/swell:latest"
    trigger       = "cron"
    is_server     = false
    health_path   = "/healthz"
    environment   = {}
    cpu           = 3
    memory_mb     = 128
    concurrency   = 2000
    timeout_s     = 4000
    instances     = { min = 2, max = 1 }
    exposure      = "public"
    port          = { number = 8080, protocol = "http2" }
    cache_disk_gb = 1
  }
  expect_failures = [
    var.service_name, var.image, var.trigger, var.health_path, var.cpu, var.memory_mb, var.concurrency, var.timeout_s,
    var.instances, var.exposure, var.port, var.cache_disk_gb,
  ]
}

run "an_event_function_is_not_public" {
  command = plan
  module {
    source = "./modules/function"
  }
  variables {
    name         = "scaling"
    service_name = "scaling"
    description  = "-"
    image        = "r/swell@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    trigger      = "event"
    is_server    = false
    environment  = {}
    cpu          = 1
    memory_mb    = 512
    concurrency  = 4
    timeout_s    = 60
    instances    = { min = 0, max = 1 }
    exposure     = "direct"
  }
  expect_failures = [google_cloud_run_v2_service.this]
}

run "state_can_be_had_back" {
  command = plan
  module {
    source = "./modules/state"
  }
  variables {
    location = "nam5"
  }
  assert {
    condition     = google_firestore_database.this.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    error_message = "point-in-time recovery is on"
  }
  assert {
    condition     = google_firestore_backup_schedule.daily.retention == "604800s" && google_firestore_backup_schedule.weekly[0].retention == "4838400s"
    error_message = "seven daily backups, eight weekly ones"
  }
  assert {
    condition     = alltrue([for field in google_firestore_field.expiry : field.field == "expires_at" && length(field.ttl_config) == 1])
    error_message = "what expires is removed"
  }
}

run "buckets_are_closed_and_grow_cold" {
  command = plan
  module {
    source = "./modules/buckets"
  }
  variables {
    names            = { us-central1 = "swell-test-us-central1" }
    backups          = { name = "swell-test-backups", location = "US" }
    sources          = { name = "swell-test-sources", location = "us-central1" }
    readers          = { query = "serviceAccount:q@swell-test.iam.gserviceaccount.com" }
    writers          = {}
    builders         = {}
    transfer_members = {}
  }
  assert {
    condition = alltrue([
      for bucket in concat(values(google_storage_bucket.index), [google_storage_bucket.backups, google_storage_bucket.sources]) :
      bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced" && bucket.versioning[0].enabled
    ])
    error_message = "no bucket is public, each keeps old versions"
  }
  assert {
    condition     = google_storage_bucket.index["us-central1"].autoclass[0].enabled
    error_message = "indexes go by access"
  }
  assert {
    condition     = [for rule in google_storage_bucket.backups.lifecycle_rule : one(rule.action).storage_class if one(rule.action).type == "SetStorageClass"] == ["COLDLINE", "NEARLINE"]
    error_message = "backups go by age"
  }
  assert {
    condition     = google_storage_bucket_iam_member.index["us-central1/query"].role == "roles/storage.objectViewer"
    error_message = "readers read"
  }
}

run "a_workflow_is_told_root_addresses" {
  command = plan
  module {
    source = "./modules/workflows"
  }
  variables {
    sources     = { w = "# W\nmain: {}\n" }
    environment = { SWELL_CONTROL_URL = "https://control.run.app/v1" }
  }
  expect_failures = [var.environment]
}

run "an_alert_reads_one_thing" {
  command = plan
  module {
    source = "./modules/observability"
  }
  variables {
    log_metrics = yamldecode(file("./alerts.yaml")).log_metrics
    slos        = { s = { title = "-", backends = ["query"], goal = 0.99 } }
    alerts = {
      both    = { title = "-", severity = "LOUD", meaning = "-", first = [], burn = { slo = "t", rate = 1, long = "1h", short = "5m" }, absent = { log_metric = "none", for_s = 60, period_s = 60 } }
      neither = { title = "-", severity = "ERROR", meaning = "-", first = [], threshold = { aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", for_s = 0, period_s = 60 } }
    }
    backends    = {}
    emails      = ["nobody"]
    runbook_url = "http://example.com"
  }
  expect_failures = [var.alerts, var.emails, var.runbook_url]
}

run "a_budget_is_a_whole_number_of_dollars" {
  command = plan
  module {
    source = "./modules/budget"
  }
  variables {
    project_number  = "swell-test"
    billing_account = "000000"
    month_usd       = 0.5
    channels        = ["a", "b", "c", "d", "e", "f"]
    topic           = "projects/swell-test/topics/billing-notices"
  }
  expect_failures = [var.project_number, var.billing_account, var.month_usd, var.channels]
}

run "a_deployment_has_its_home" {
  command = plan
  module {
    source = "./modules/deployment"
  }
  variables {
    project_number    = "42"
    regions           = ["europe-west1"]
    deploys_functions = false
    state_location    = "nam5"
    month_usd         = 1
    emails            = ["operators@example.com"]
    runbook_url       = "https://example.com/runbook.md"
  }
  expect_failures = [var.regions]
}
