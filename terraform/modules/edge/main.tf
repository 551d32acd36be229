# The front door: one address in the world, the nearest region that serves behind it.
#
# Serverless NEGs take no health check, no max_utilization and no timeout (Google refuses them), so a region that fails
# is noticed by its answers: outlier detection. Requests end when their function's own timeout says so.

locals {
  negs = merge([
    for name, backend in var.backends : {
      for region in backend.regions : "${name}/${region}" => { backend = name, region = region, service = backend.service, tag = backend.tag }
    }
  ]...)
}

resource "google_compute_region_network_endpoint_group" "this" {
  for_each = local.negs

  project               = var.project_id
  name                  = "swell-${each.value.backend}-${each.value.region}"
  region                = each.value.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = each.value.service
    tag     = each.value.tag
  }
}

resource "google_compute_backend_service" "this" {
  for_each = var.backends

  project               = var.project_id
  name                  = "swell-${each.key}"
  description           = "${each.value.service} in ${length(each.value.regions)} regions"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = each.value.is_grpc ? "HTTP2" : "HTTPS" # gRPC has trailers, which HTTP/1 would lose
  security_policy       = google_compute_security_policy.this.id
  compression_mode      = "DISABLED" # functions compress what is worth it
  enable_cdn            = each.value.is_cached

  dynamic "backend" {
    for_each = each.value.regions
    content {
      group = google_compute_region_network_endpoint_group.this["${each.key}/${backend.value}"].id
    }
  }

  outlier_detection {
    consecutive_errors           = var.outliers.errors_in_a_row
    enforcing_consecutive_errors = 100
    max_ejection_percent         = var.outliers.most_percent
    interval {
      seconds = var.outliers.interval_s
    }
    base_ejection_time {
      seconds = var.outliers.out_s
    }
  }

  # What functions say of their answers holds (Cache-Control, ETag): most say private, and are not kept.
  dynamic "cdn_policy" {
    for_each = each.value.is_cached ? [1] : []
    content {
      cache_mode         = "USE_ORIGIN_HEADERS"
      request_coalescing = true
      negative_caching   = false
      cache_key_policy {
        include_host         = true
        include_protocol     = true
        include_query_string = true
      }
    }
  }

  log_config {
    enable      = var.log_share > 0
    sample_rate = var.log_share
  }
}

resource "google_compute_url_map" "this" {
  project         = var.project_id
  name            = "swell"
  description     = "The routes of topology.yaml"
  default_service = google_compute_backend_service.this[var.default_backend].id

  host_rule {
    hosts        = var.domains
    path_matcher = "api"
  }

  host_rule {
    hosts        = ["canary.${var.domains[0]}"]
    path_matcher = "canary"
  }

  path_matcher {
    name            = "api"
    default_service = google_compute_backend_service.this[var.default_backend].id

    dynamic "route_rules" {
      for_each = var.routes
      content {
        priority = route_rules.key + 1
        service  = google_compute_backend_service.this[route_rules.value.backend].id
        match_rules {
          prefix_match        = endswith(route_rules.value.path, "*") ? trimsuffix(route_rules.value.path, "*") : null
          full_path_match     = strcontains(route_rules.value.path, "*") || strcontains(route_rules.value.path, "{") ? null : route_rules.value.path
          path_template_match = strcontains(route_rules.value.path, "{") ? replace(route_rules.value.path, "/[{][a-z_]+[}]/", "*") : null
          dynamic "header_matches" {
            for_each = route_rules.value.method == null ? [] : [route_rules.value.method]
            content {
              header_name = ":method"
              exact_match = header_matches.value
            }
          }
        }
      }
    }
  }

  path_matcher {
    name            = "canary"
    default_service = google_compute_backend_service.this[var.canary_backend].id
  }
}

resource "google_compute_url_map" "to_https" {
  project     = var.project_id
  name        = "swell-to-https"
  description = "Plain HTTP is sent to HTTPS"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "PERMANENT_REDIRECT" # 308 keeps method and body
    strip_query            = false
  }
}

resource "google_compute_global_address" "this" {
  for_each = toset(["IPV4", "IPV6"])

  project    = var.project_id
  name       = "swell-${lower(each.value)}"
  ip_version = each.value
  labels     = var.labels
}

locals {
  certified = concat(var.domains, ["canary.${var.domains[0]}"])
}

resource "google_compute_managed_ssl_certificate" "this" {
  project = var.project_id
  name    = "swell-${substr(sha256(join(",", local.certified)), 0, 8)}" # it cannot be changed, only followed by another
  managed {
    domains = local.certified
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_ssl_policy" "this" {
  project         = var.project_id
  name            = "swell"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_target_https_proxy" "this" {
  project          = var.project_id
  name             = "swell"
  url_map          = google_compute_url_map.this.id
  ssl_certificates = [google_compute_managed_ssl_certificate.this.id]
  ssl_policy       = google_compute_ssl_policy.this.id
  quic_override    = "ENABLE"
}

resource "google_compute_target_http_proxy" "to_https" {
  project = var.project_id
  name    = "swell-to-https"
  url_map = google_compute_url_map.to_https.id
}

resource "google_compute_global_forwarding_rule" "https" {
  for_each = google_compute_global_address.this

  project               = var.project_id
  name                  = "swell-https-${lower(each.key)}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = each.value.id
  port_range            = "443"
  target                = google_compute_target_https_proxy.this.id
  labels                = var.labels
}

resource "google_compute_global_forwarding_rule" "to_https" {
  for_each = google_compute_global_address.this

  project               = var.project_id
  name                  = "swell-http-${lower(each.key)}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = each.value.id
  port_range            = "80"
  target                = google_compute_target_http_proxy.to_https.id
  labels                = var.labels
}
