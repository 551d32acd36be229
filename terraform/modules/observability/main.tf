# What an operator sees and is told. What is measured and promised, and when somebody is told, is data: alerts.yaml.

resource "google_monitoring_notification_channel" "email" {
  for_each = var.emails

  project      = var.project_id
  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }
}

resource "google_logging_metric" "this" {
  for_each = var.log_metrics

  project     = var.project_id
  name        = "swell_${each.key}"
  description = each.value.description
  filter = join(" AND ", concat(
    ["resource.type=\"cloud_run_revision\"", "jsonPayload.message=\"${each.value.message}\""],
    [for field, value in each.value.where : "jsonPayload.${field}=${can(tonumber(value)) ? value : jsonencode(value)}"],
    [for field, value in each.value.where_not : "jsonPayload.${field}!=${jsonencode(value)}"],
  ))
  value_extractor  = each.value.value == null ? null : "EXTRACT(jsonPayload.${each.value.value})"
  label_extractors = { for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})" }

  metric_descriptor {
    metric_kind  = "DELTA"
    value_type   = each.value.value == null ? "INT64" : "DISTRIBUTION"
    unit         = each.value.unit
    display_name = each.value.description
    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = each.value.value == null ? [] : [1]
    content {
      exponential_buckets {
        num_finite_buckets = 40
        growth_factor      = 1.5
        scale              = 0.1
      }
    }
  }
}

# --- promises -------------------------------------------------------------------------------------------------------

locals {
  promised = length(var.backends) == 0 ? {} : var.slos
  of_slo = {
    for name, slo in local.promised : name => format(
      "resource.type=\"https_lb_rule\" AND resource.label.backend_target_name=one_of(%s)",
      join(",", [for backend in slo.backends : "\"${var.backends[backend]}\""]),
    )
  }
  requests  = "metric.type=\"loadbalancing.googleapis.com/https/request_count\""
  latencies = "metric.type=\"loadbalancing.googleapis.com/https/backend_latencies\""
}

resource "google_monitoring_custom_service" "swell" {
  project      = var.project_id
  service_id   = "swell"
  display_name = "Swell"
  user_labels  = var.labels
}

resource "google_monitoring_slo" "this" {
  for_each = local.promised

  project             = var.project_id
  service             = google_monitoring_custom_service.swell.service_id
  slo_id              = replace(each.key, "_", "-")
  display_name        = each.value.title
  goal                = each.value.goal
  rolling_period_days = 28
  user_labels         = var.labels

  request_based_sli {
    dynamic "good_total_ratio" {
      for_each = each.value.under_ms == null ? [1] : []
      content {
        total_service_filter = "${local.requests} AND ${local.of_slo[each.key]}"
        bad_service_filter   = "${local.requests} AND ${local.of_slo[each.key]} AND metric.label.response_code_class=500"
      }
    }
    dynamic "distribution_cut" {
      for_each = each.value.under_ms == null ? [] : [each.value.under_ms]
      content {
        distribution_filter = "${local.latencies} AND ${local.of_slo[each.key]}"
        range {
          max = distribution_cut.value
        }
      }
    }
  }
}

# --- alerts ---------------------------------------------------------------------------------------------------------

locals {
  alerted = { for name, alert in var.alerts : name => alert if alert.burn == null ? true : contains(keys(local.promised), alert.burn.slo) }

  # The metric of each alert that reads one; a log metric by the name that Cloud Logging gives it.
  filters = {
    for name, alert in local.alerted : name => join(" AND ", compact([
      alert.absent != null ? "metric.type=\"logging.googleapis.com/user/${google_logging_metric.this[alert.absent.log_metric].name}\"" :
      alert.threshold.log_metric != null ? "metric.type=\"logging.googleapis.com/user/${google_logging_metric.this[alert.threshold.log_metric].name}\"" :
      "metric.type=\"${alert.threshold.metric}\"",
      "resource.type=\"${alert.absent != null ? "cloud_run_revision" : alert.threshold.resource}\"",
      alert.absent != null ? alert.absent.where : alert.threshold.where,
    ])) if alert.burn == null
  }
  # Both windows of a burn rate: the long one says that it matters, the short one that it still goes on.
  windows = {
    for name, alert in local.alerted : name => (
      alert.burn == null ? {} : { long = alert.burn.long, short = alert.burn.short }
    )
  }
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alerted

  project               = var.project_id
  display_name          = "Swell: ${each.value.title}"
  severity              = each.value.severity
  combiner              = "AND"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  user_labels           = merge(var.labels, { alert = each.key })

  documentation {
    subject   = "Swell: ${each.value.title}"
    mime_type = "text/markdown"
    content   = "${each.value.meaning}\n\n${join("\n", [for command in each.value.first : "    ${command}"])}\n"
    links {
      display_name = "Runbook: ${each.key}"
      url          = "${var.runbook_url}#${each.key}"
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  dynamic "conditions" {
    for_each = local.windows[each.key]
    content {
      display_name = "${each.value.title}, over ${conditions.value}"
      condition_threshold {
        filter          = "select_slo_burn_rate(\"${google_monitoring_slo.this[each.value.burn.slo].name}\", \"${conditions.value}\")"
        comparison      = "COMPARISON_GT"
        threshold_value = each.value.burn.rate
        duration        = "0s"
        trigger {
          count = 1
        }
      }
    }
  }

  dynamic "conditions" {
    for_each = each.value.threshold == null ? [] : [each.value.threshold]
    content {
      display_name = each.value.title
      condition_threshold {
        filter          = local.filters[each.key]
        comparison      = conditions.value.above != null ? "COMPARISON_GT" : "COMPARISON_LT"
        threshold_value = conditions.value.above != null ? conditions.value.above : conditions.value.below
        duration        = "${conditions.value.for_s}s"
        aggregations {
          alignment_period     = "${conditions.value.period_s}s"
          per_series_aligner   = conditions.value.aligner
          cross_series_reducer = conditions.value.reducer
          group_by_fields      = conditions.value.group_by
        }
        trigger {
          count = 1
        }
      }
    }
  }

  dynamic "conditions" {
    for_each = each.value.absent == null ? [] : [each.value.absent]
    content {
      display_name = each.value.title
      condition_absent {
        filter   = local.filters[each.key]
        duration = "${conditions.value.for_s}s"
        aggregations {
          alignment_period     = "${conditions.value.period_s}s"
          per_series_aligner   = "ALIGN_DELTA"
          cross_series_reducer = "REDUCE_SUM"
          group_by_fields      = conditions.value.group_by
        }
        trigger {
          count = 1
        }
      }
    }
  }
}
