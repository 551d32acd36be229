# Cloud Armor: what is refused before it costs an instance.

locals {
  waf = concat(
    [for name in var.waf_enforced : { name = name, preview = false }],
    [for name in var.waf_watched : { name = name, preview = true }],
  )
  others = join(" && ", [for each in var.operator_ranges : "!inIpRange(origin.ip, '${each}')"])
}

resource "google_compute_security_policy" "this" {
  project     = var.project_id
  name        = "swell"
  description = "Rates, known attacks, and what adaptive protection finds"
  type        = "CLOUD_ARMOR"
  labels      = var.labels

  adaptive_protection_config {
    layer_7_ddos_defense_config {
      enable          = true
      rule_visibility = "STANDARD"
    }
  }

  advanced_options_config {
    json_parsing = "STANDARD"
    log_level    = "NORMAL"
  }

  dynamic "rule" {
    for_each = length(var.operator_ranges) == 0 ? [] : [local.others]
    content {
      action      = "deny(403)"
      priority    = 100
      description = "Operators' routes from elsewhere than operators are"
      match {
        expr {
          expression = "request.path.matches('^(${join("|", var.operator_paths)})(/|$)') && ${rule.value}"
        }
      }
    }
  }

  dynamic "rule" {
    for_each = local.waf
    content {
      action      = "deny(403)"
      priority    = 1000 + rule.key
      preview     = rule.value.preview
      description = rule.value.name
      match {
        expr {
          expression = "evaluatePreconfiguredWaf('${rule.value.name}', {'sensitivity': 1})"
        }
      }
    }
  }

  rule {
    action      = "rate_based_ban"
    priority    = 2000
    description = "One address cannot have all"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action   = "allow"
      exceed_action    = "deny(429)"
      enforce_on_key   = "IP"
      ban_duration_sec = 300
      rate_limit_threshold {
        count        = var.requests_per_min_per_address
        interval_sec = 60
      }
      ban_threshold {
        count        = var.requests_per_min_per_address * 4
        interval_sec = 60
      }
    }
  }

  rule {
    action      = "allow"
    priority    = 2147483647
    description = "Everything else"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}
