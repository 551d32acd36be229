# One function in one region: a Cloud Run service.
#
# Cloud Run services rather than google_cloudfunctions2_function: that resource sends all traffic to a new revision at
# once, and owns the service's scaling. Here both are left to those who decide them while the system runs:
# delivery moves traffic from revision to revision, the scaling function sets the fewest instances.

locals {
  is_public = var.exposure != "internal"
  ingress = {
    load_balancer = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    direct        = "INGRESS_TRAFFIC_ALL"
    internal      = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  }
  has_disk = var.cache_disk_gb > 0
  # One image holds all functions; this says which one it is to be.
  started_as = merge({ FUNCTION_TARGET = var.name }, var.is_server ? {} : { FUNCTION_SIGNATURE_TYPE = var.trigger == "http" ? "http" : "cloudevent" })
}

resource "google_cloud_run_v2_service" "this" {
  project             = var.project_id
  name                = var.service_name
  location            = var.region
  description         = var.description
  labels              = var.labels
  deletion_protection = var.deletion_protection
  launch_stage        = local.has_disk ? "BETA" : "GA"

  # Google counts Pub/Sub, Workflows and what comes out of the project's own network as internal.
  ingress              = local.ingress[var.exposure]
  invoker_iam_disabled = local.is_public

  template {
    service_account                  = var.service_account
    timeout                          = "${var.timeout_s}s"
    max_instance_request_concurrency = var.concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    labels                           = var.labels

    scaling {
      max_instance_count = var.instances.max
    }

    containers {
      image = var.image

      ports {
        name           = var.port.protocol
        container_port = var.port.number
      }

      resources {
        limits            = { cpu = tostring(var.cpu), memory = "${var.memory_mb}Mi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = merge(local.started_as, var.environment)
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = var.secret_environment
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }

      # A minute in all: an instance that builds nothing at its start is there after seconds.
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 30
        dynamic "http_get" {
          for_each = var.health_path == null ? [] : [var.health_path]
          content {
            path = http_get.value
            port = var.port.number
          }
        }
        dynamic "tcp_socket" {
          for_each = var.health_path == null ? [var.port.number] : []
          content {
            port = tcp_socket.value
          }
        }
      }

      # Whether the process lives, not whether its stores do: a restart mends no outage of Firestore.
      dynamic "liveness_probe" {
        for_each = var.health_path == null ? [] : [var.health_path]
        content {
          period_seconds    = 30
          timeout_seconds   = 5
          failure_threshold = 4
          http_get {
            path = liveness_probe.value
            port = var.port.number
          }
        }
      }

      dynamic "volume_mounts" {
        for_each = local.has_disk ? ["cache"] : []
        content {
          name       = volume_mounts.value
          mount_path = var.cache_dir
        }
      }
    }

    dynamic "volumes" {
      for_each = local.has_disk ? ["cache"] : []
      content {
        name = volumes.value
        empty_dir {
          medium     = "DISK"
          size_limit = "${var.cache_disk_gb}Gi"
        }
      }
    }

    dynamic "vpc_access" {
      for_each = var.network == null ? [] : [var.network]
      content {
        egress = "ALL_TRAFFIC"
        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.subnetwork
        }
      }
    }
  }

  scaling {
    min_instance_count = var.instances.min
  }

  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }

  lifecycle {
    ignore_changes = [
      client,
      client_version,
      scaling,                         # the scaling function's: another apply would undo a prewarm
      template[0].containers[0].image, # delivery's, as are
      template[0].revision,
      traffic, # and the shares of a canary
    ]
    precondition {
      condition     = var.trigger == "http" || !local.is_public
      error_message = "An event function takes pushes of this deployment's own subscriptions only: it is not public."
    }
    precondition {
      condition     = local.is_public || length(var.invokers) > 0
      error_message = "A function that is not public and has no invoker can be called by nobody."
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = local.is_public ? {} : var.invokers

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.this.name
  role     = "roles/run.invoker"
  member   = each.value
}

resource "google_cloud_run_v2_service_iam_member" "granted" {
  for_each = var.grants

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.this.name
  role     = each.value.role
  member   = each.value.member
}
