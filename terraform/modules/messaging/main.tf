# Topics and our own push subscriptions (docs/decisions/0002-own-push-subscriptions.md).

resource "google_pubsub_topic" "this" {
  for_each = var.topics

  project                    = var.project_id
  name                       = each.key
  message_retention_duration = "${each.value.retention_s}s"
  labels                     = var.labels

  dynamic "message_storage_policy" {
    for_each = length(var.storage_regions) == 0 ? [] : [var.storage_regions]
    content {
      allowed_persistence_regions = message_storage_policy.value
    }
  }
}

resource "google_pubsub_subscription" "push" {
  for_each = var.subscriptions

  project                    = var.project_id
  name                       = each.key
  topic                      = google_pubsub_topic.this[each.value.topic].id
  ack_deadline_seconds       = each.value.ack_deadline_s
  enable_message_ordering    = each.value.ordered
  message_retention_duration = "${each.value.retention_s}s"
  labels                     = var.labels

  push_config {
    push_endpoint = each.value.endpoint
    oidc_token {
      service_account_email = var.push_account.email
      audience              = each.value.endpoint
    }
  }

  retry_policy {
    minimum_backoff = "${each.value.min_backoff_s}s"
    maximum_backoff = "${each.value.max_backoff_s}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.this[each.value.dead_letter_topic].id
    max_delivery_attempts = each.value.max_delivery_attempts
  }

  # Never: one that nobody pushed from for a month is still the way of writes to their index.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = var.publishers

  project = var.project_id
  topic   = google_pubsub_topic.this[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = each.value.member
}

# Without these two Pub/Sub goes on delivering what should be a dead letter, and says so nowhere but in a metric.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  for_each = toset([for each in var.subscriptions : each.dead_letter_topic])

  project = var.project_id
  topic   = google_pubsub_topic.this[each.value].name
  role    = "roles/pubsub.publisher"
  member  = var.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = var.subscriptions

  project      = var.project_id
  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = var.pubsub_agent
}

# Projects made before April 2021 do not have it by themselves.
resource "google_service_account_iam_member" "tokens" {
  service_account_id = var.push_account.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = var.pubsub_agent
}
