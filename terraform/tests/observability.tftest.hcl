# What is promised, told and shown, of alerts.yaml as it is. Applied to a mock, since an SLO's name is known then only.

mock_provider "google" {}

variables {
  project_id  = "swell-test"
  backends    = { query = "swell-query", query-cached = "swell-query-cached", ingest = "swell-ingest", stream = "swell-stream" }
  emails      = ["operators@example.com"]
  runbook_url = "https://example.com/runbook.md"
}

run "alerts_read_what_there_is" {
  command = apply
  module {
    source = "./modules/observability"
  }
  variables {
    log_metrics = yamldecode(file("./alerts.yaml")).log_metrics
    slos        = yamldecode(file("./alerts.yaml")).slos
    alerts      = yamldecode(file("./alerts.yaml")).alerts
  }
  assert {
    condition     = toset(keys(google_monitoring_alert_policy.this)) == toset(keys(yamldecode(file("./alerts.yaml")).alerts))
    error_message = "behind a load balancer there is each alert"
  }
  assert {
    condition = alltrue([
      for name, alert in yamldecode(file("./alerts.yaml")).alerts : toset([for condition in google_monitoring_alert_policy.this[name].conditions : one(condition.condition_threshold).filter]) == toset([
        for window in [alert.burn.long, alert.burn.short] : "select_slo_burn_rate(\"${google_monitoring_slo.this[alert.burn.slo].name}\", \"${window}\")"
      ]) && google_monitoring_alert_policy.this[name].combiner == "AND" if can(alert.burn)
    ])
    error_message = "a budget burns over both windows of its own SLO"
  }
  assert {
    condition = alltrue(flatten([for policy in google_monitoring_alert_policy.this : [for condition in policy.conditions : [
      for read in regexall("logging[.]googleapis[.]com/user/([a-z_0-9]+)", jsonencode(condition)) : contains([for metric in google_logging_metric.this : metric.name], read[0])
    ]]]))
    error_message = "a log metric is read by the name that it has"
  }
  assert {
    condition = alltrue([
      for policy in google_monitoring_alert_policy.this : startswith(one(policy.documentation[0].links[*].url), "https://example.com/runbook.md#") && length(policy.notification_channels) == 1
    ])
    error_message = "each reaches somebody, and leads into the runbook"
  }
  assert {
    condition     = google_monitoring_slo.this["search_availability"].request_based_sli[0].good_total_ratio[0].bad_service_filter == "metric.type=\"loadbalancing.googleapis.com/https/request_count\" AND resource.type=\"https_lb_rule\" AND resource.label.backend_target_name=one_of(\"swell-query\",\"swell-query-cached\") AND metric.label.response_code_class=500"
    error_message = "server errors of these back-ends are bad"
  }
  assert {
    condition     = google_monitoring_slo.this["search_latency"].request_based_sli[0].distribution_cut[0].range[0].max == 100
    error_message = "a fast search takes 100 ms at most"
  }
}

run "the_dashboard_is_laid_out" {
  command = plan
  module {
    source = "./modules/observability"
  }
  variables {
    log_metrics = yamldecode(file("./alerts.yaml")).log_metrics
    slos        = {}
    alerts      = {}
  }
  assert {
    condition     = length(jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.tiles) >= 16
    error_message = "sixteen tiles at least"
  }
  assert {
    condition = length(distinct([for tile in jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.tiles : "${tile.xPos}/${tile.yPos}"])) == length(jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.tiles) && alltrue([
      for tile in jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.tiles : tile.xPos + tile.width <= jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.columns && tile.xPos % tile.width == 0 && tile.yPos % tile.height == 0
    ])
    error_message = "none over another, none beyond the 48 columns that Google takes"
  }
  assert {
    condition = alltrue([
      for tile in jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.tiles :
      can(regex("^metric[.]type=\"[a-z./_]+\" AND resource[.]type=\"", tile.widget.xyChart.dataSets[0].timeSeriesQuery.timeSeriesFilter.filter))
    ])
    error_message = "each reads one metric of one kind of resource"
  }
  assert {
    condition     = length(google_monitoring_alert_policy.this) == 0 && length(google_monitoring_slo.this) == 0
    error_message = "what is not asked for is not there"
  }
}
