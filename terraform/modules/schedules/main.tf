# What comes at set times. Cloud Scheduler's own agent publishes; no account of ours is needed.

resource "google_cloud_scheduler_job" "this" {
  for_each = var.schedules

  project     = var.project_id
  region      = var.region
  name        = "schedule-${each.key}" # one-shot jobs of plans are named otherwise (shared/adapters/google/jobs.py)
  description = "Publishes ${each.value.event}"
  schedule    = each.value.cron
  time_zone   = each.value.time_zone
  paused      = var.is_paused

  pubsub_target {
    topic_name = var.topics[each.value.topic]
    data       = base64encode(each.value.body)
    attributes = {
      "ce-specversion" = "1.0"
      "ce-type"        = each.value.event
      "ce-source"      = "//swell.dev/schedules/${each.key}"
      "content-type"   = "application/json"
    }
  }

  retry_config {
    retry_count = 3
  }
}
