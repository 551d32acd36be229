# One dashboard, from what users feel at the top to what it costs at the bottom.

locals {
  run = "resource.type=\"cloud_run_revision\""
  log = { for name, metric in google_logging_metric.this : name => "metric.type=\"logging.googleapis.com/user/${metric.name}\" AND ${local.run}" }

  # title, filter, aligner, reducer, grouped by
  tiles = [
    ["Requests a second, by region", "metric.type=\"run.googleapis.com/request_count\" AND ${local.run} AND resource.label.service_name=\"query\"", "ALIGN_RATE", "REDUCE_SUM", "resource.label.location"],
    ["Answers a second, by class of status", "metric.type=\"run.googleapis.com/request_count\" AND ${local.run}", "ALIGN_RATE", "REDUCE_SUM", "metric.label.response_code_class"],
    ["Search latency p50, ms", "metric.type=\"run.googleapis.com/request_latencies\" AND ${local.run} AND resource.label.service_name=\"query\"", "ALIGN_PERCENTILE_50", "REDUCE_MAX", "resource.label.location"],
    ["Search latency p99, ms", "metric.type=\"run.googleapis.com/request_latencies\" AND ${local.run} AND resource.label.service_name=\"query\"", "ALIGN_PERCENTILE_99", "REDUCE_MAX", "resource.label.location"],
    ["Instances of query, by region", "metric.type=\"run.googleapis.com/container/instance_count\" AND ${local.run} AND resource.label.service_name=\"query\"", "ALIGN_MAX", "REDUCE_SUM", "resource.label.location"],
    ["Instances of all functions", "metric.type=\"run.googleapis.com/container/instance_count\" AND ${local.run}", "ALIGN_MAX", "REDUCE_SUM", "resource.label.service_name"],
    ["Requests at once in an instance, p95", "metric.type=\"run.googleapis.com/container/max_request_concurrencies\" AND ${local.run}", "ALIGN_PERCENTILE_95", "REDUCE_MAX", "resource.label.service_name"],
    ["CPU of instances, p95", "metric.type=\"run.googleapis.com/container/cpu/utilizations\" AND ${local.run}", "ALIGN_PERCENTILE_95", "REDUCE_MAX", "resource.label.service_name"],
    ["Memory of instances, p99", "metric.type=\"run.googleapis.com/container/memory/utilizations\" AND ${local.run}", "ALIGN_PERCENTILE_99", "REDUCE_MAX", "resource.label.service_name"],
    ["Time to start, p95, ms", "metric.type=\"run.googleapis.com/container/startup_latencies\" AND ${local.run}", "ALIGN_PERCENTILE_95", "REDUCE_MAX", "resource.label.service_name"],
    ["Requests by revision: a canary beside the rest", "metric.type=\"run.googleapis.com/request_count\" AND ${local.run} AND resource.label.service_name=\"query\"", "ALIGN_RATE", "REDUCE_SUM", "resource.label.revision_name"],
    ["Requests, by tier of caller", local.log["requests_by_tier"], "ALIGN_DELTA", "REDUCE_SUM", "metric.label.tier"],
    ["Error of forecasts, %, by region", local.log["forecast_error_percent"], "ALIGN_DELTA", "REDUCE_MEAN", "metric.label.region"],
    ["Refusals, by reason", local.log["requests_refused"], "ALIGN_DELTA", "REDUCE_SUM", "metric.label.reason"],
    ["Requests under a serving mode", local.log["degraded_requests"], "ALIGN_DELTA", "REDUCE_SUM", "metric.label.serving_mode"],
    ["Deliveries, by function", local.log["deliveries"], "ALIGN_DELTA", "REDUCE_SUM", "metric.label.function"],
    ["Deliveries, by what became of them", local.log["deliveries"], "ALIGN_DELTA", "REDUCE_SUM", "metric.label.outcome"],
    ["Time of a delivery, p95, ms", local.log["delivery_ms"], "ALIGN_PERCENTILE_95", "REDUCE_MAX", "metric.label.function"],
    ["Oldest message, s", "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.type=\"pubsub_subscription\"", "ALIGN_MAX", "REDUCE_MAX", "resource.label.subscription_id"],
    ["Dead letters", "metric.type=\"pubsub.googleapis.com/subscription/dead_letter_message_count\" AND resource.type=\"pubsub_subscription\"", "ALIGN_DELTA", "REDUCE_SUM", "resource.label.subscription_id"],
    ["Replication lag, worst, s", local.log["replication_lag_s"], "ALIGN_PERCENTILE_99", "REDUCE_MAX", "metric.label.region"],
    ["Shards behind, by region", local.log["replication_behind"], "ALIGN_PERCENTILE_99", "REDUCE_MAX", "metric.label.region"],
    ["Breakers that opened", local.log["breakers_opened"], "ALIGN_DELTA", "REDUCE_SUM", "metric.label.dependency"],
    ["Firestore requests, by answer", "metric.type=\"firestore.googleapis.com/api/request_count\" AND resource.type=\"firestore.googleapis.com/Database\"", "ALIGN_RATE", "REDUCE_SUM", "metric.label.response_code"],
    ["Workflows, by how they ended", "metric.type=\"workflows.googleapis.com/finished_execution_count\" AND resource.type=\"workflows.googleapis.com/Workflow\"", "ALIGN_DELTA", "REDUCE_SUM", "metric.label.status"],
    ["Billed instance time, s, by region", "metric.type=\"run.googleapis.com/container/billable_instance_time\" AND ${local.run}", "ALIGN_RATE", "REDUCE_SUM", "resource.label.location"],
  ]
  columns = 3
  width   = 16
  height  = 12
}

resource "google_monitoring_dashboard" "this" {
  project = var.project_id
  dashboard_json = jsonencode({
    displayName = "Swell"
    labels      = { swell = "" }
    mosaicLayout = {
      columns = local.columns * local.width
      tiles = [
        for number, tile in local.tiles : {
          xPos   = number % local.columns * local.width
          yPos   = floor(number / local.columns) * local.height
          width  = local.width
          height = local.height
          widget = {
            title = tile[0]
            xyChart = {
              dataSets = [{
                plotType = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = tile[1]
                    aggregation = {
                      alignmentPeriod    = "60s"
                      perSeriesAligner   = tile[2]
                      crossSeriesReducer = tile[3]
                      groupByFields      = [tile[4]]
                    }
                  }
                }
              }]
            }
          }
        }
      ]
    }
  })
}
