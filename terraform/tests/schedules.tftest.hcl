# What comes at set times.

mock_provider "google" {}

variables {
  project_id = "swell-test"
  region     = "us-central1"
  topics     = { scaling-ticks = "projects/swell-test/topics/scaling-ticks" }
  schedules = {
    scaling = { cron = "* * * * *", time_zone = "Etc/UTC", topic = "scaling-ticks", event = "dev.swell.crowds.scaling_due.v1", body = "{}" }
    report  = { cron = "0 9 * * *", time_zone = "Europe/Berlin", topic = "scaling-ticks", event = "dev.swell.crowds.report_due.v1", body = "{\"day\":1}" }
  }
}

run "a_tick_is_published_as_an_event" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  assert {
    condition     = { for name, job in google_cloud_scheduler_job.this : job.name => [job.schedule, job.time_zone] } == { schedule-scaling = ["* * * * *", "Etc/UTC"], schedule-report = ["0 9 * * *", "Europe/Berlin"] }
    error_message = "when the topology says, in its time zone"
  }
  assert {
    # Pub/Sub checks its own agent: a token would be for HTTP targets, of which there are none
    condition     = alltrue([for job in google_cloud_scheduler_job.this : length(job.http_target) == 0 && job.pubsub_target[0].topic_name == "projects/swell-test/topics/scaling-ticks"])
    error_message = "ticks are published, so that they are tried again and end as dead letters"
  }
  assert {
    condition = google_cloud_scheduler_job.this["report"].pubsub_target[0].attributes == tomap({
      ce-specversion = "1.0", ce-type = "dev.swell.crowds.report_due.v1", ce-source = "//swell.dev/schedules/report", content-type = "application/json"
    }) && base64decode(google_cloud_scheduler_job.this["report"].pubsub_target[0].data) == "{\"day\":1}"
    error_message = "as a CloudEvent in binary mode"
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.this : job.retry_config[0].retry_count == 3 && !job.paused])
    error_message = "a publish that fails is tried again"
  }
}

run "paused_nothing_is_published" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  variables {
    is_paused = true
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.this : job.paused])
    error_message = "all of them"
  }
}

run "a_cron_line_has_five_fields_and_a_body_is_json" {
  command = plan
  module {
    source = "./modules/schedules"
  }
  variables {
    schedules = { odd = { cron = "every minute", time_zone = "Etc/UTC", topic = "scaling-ticks", event = "e", body = "{" } }
  }
  expect_failures = [var.schedules]
}
