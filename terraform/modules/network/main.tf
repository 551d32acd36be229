# The way out of functions: to Google's APIs and to Memorystore, and to nothing else.
#
# All requests leave through this network (Direct VPC egress). Private Google Access answers for Google's APIs and for
# the run.app addresses of our own functions, which then count as internal. There is no NAT: a function that is made to
# send data elsewhere finds no way there.


resource "google_compute_network" "this" {
  project                 = var.project_id
  name                    = "swell"
  auto_create_subnetworks = false
  routing_mode            = "GLOBAL"
}

resource "google_compute_subnetwork" "this" {
  for_each = var.regions

  project                  = var.project_id
  name                     = "swell-${each.key}"
  region                   = each.key
  network                  = google_compute_network.this.id
  ip_cidr_range            = cidrsubnet(var.cidr, 6, each.value)
  private_ip_google_access = true

  dynamic "log_config" {
    for_each = var.logs_flows ? [1] : []
    content {
      aggregation_interval = "INTERVAL_10_MIN"
      flow_sampling        = 0.05
      metadata             = "EXCLUDE_ALL_METADATA"
    }
  }
}

resource "google_compute_firewall" "nothing_in" {
  project       = var.project_id
  name          = "swell-nothing-in"
  network       = google_compute_network.this.name
  description   = "Nothing in this network takes connections from outside"
  direction     = "INGRESS"
  priority      = 65000
  source_ranges = ["0.0.0.0/0"]
  deny {
    protocol = "all"
  }
}

resource "google_compute_firewall" "https_out" {
  project            = var.project_id
  name               = "swell-https-out"
  network            = google_compute_network.this.name
  description        = "Google's APIs and our own functions; without a NAT 443 leads nowhere else"
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["0.0.0.0/0"]
  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

resource "google_compute_firewall" "redis_out" {
  project            = var.project_id
  name               = "swell-redis-out"
  network            = google_compute_network.this.name
  description        = "Memorystore, which has private addresses"
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["10.0.0.0/8"]
  allow {
    protocol = "tcp"
    ports    = ["6378", "6379"]
  }
}

resource "google_compute_firewall" "nothing_else_out" {
  project            = var.project_id
  name               = "swell-nothing-else-out"
  network            = google_compute_network.this.name
  description        = "Everything else"
  direction          = "EGRESS"
  priority           = 65000
  destination_ranges = ["0.0.0.0/0"]
  deny {
    protocol = "all"
  }
}
