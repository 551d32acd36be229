# Cloud Billing's own budget. It tells, hours late, and stops nothing: what stops is budget_enforcement, which books
# from load by the minute. These notices are what its ledger is compared with.

resource "google_pubsub_topic_iam_member" "billing" {
  project = var.project_id
  topic   = var.topic
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:billing-budget-alert@system.gserviceaccount.com"
}

resource "google_billing_budget" "month" {
  billing_account = var.billing_account
  display_name    = "Swell ${var.project_id}"

  budget_filter {
    projects               = ["projects/${var.project_number}"]
    calendar_period        = "MONTH"
    credit_types_treatment = "EXCLUDE_ALL_CREDITS"
  }

  amount {
    specified_amount {
      currency_code = "USD"
      units         = tostring(var.month_usd)
    }
  }

  dynamic "threshold_rules" {
    for_each = var.shares
    content {
      threshold_percent = threshold_rules.value.share
      spend_basis       = threshold_rules.value.forecast ? "FORECASTED_SPEND" : "CURRENT_SPEND"
    }
  }

  all_updates_rule {
    pubsub_topic                     = var.topic
    schema_version                   = "1.0"
    monitoring_notification_channels = var.channels
    disable_default_iam_recipients   = length(var.channels) > 0
  }
}
