# Memorystore: rates and answers that the instances of a region share.

resource "google_redis_instance" "this" {
  for_each = var.regions

  project            = var.project_id
  name               = "swell-${each.value}"
  display_name       = "Swell shared rates and answers"
  region             = each.value
  tier               = var.tier
  memory_size_gb     = var.memory_gb
  redis_version      = "REDIS_7_2"
  authorized_network = var.network
  connect_mode       = "DIRECT_PEERING"
  auth_enabled       = true
  labels             = var.labels

  # Memorystore signs with a CA of its own for each instance, which redis-py would have to be given as a file, and the
  # handshake costs more than the 50 ms that a request waits for Redis. It is reached inside our network only.
  transit_encryption_mode = "DISABLED"

  redis_configs = {
    maxmemory-policy = "allkeys-lru"
  }
}

resource "google_secret_manager_secret" "url" {
  for_each = var.regions

  project   = var.project_id
  secret_id = "swell-redis-url-${each.value}"
  labels    = var.labels
  replication {
    user_managed {
      replicas {
        location = each.value
      }
    }
  }
}

# Written, never kept in the state; the instance's own password is there, so the state's bucket is to be closed too.
resource "google_secret_manager_secret_version" "url" {
  for_each = var.regions

  secret                 = google_secret_manager_secret.url[each.value].id
  secret_data_wo         = "redis://:${google_redis_instance.this[each.value].auth_string}@${google_redis_instance.this[each.value].host}:${google_redis_instance.this[each.value].port}/0"
  secret_data_wo_version = "1"
}

locals {
  reads = merge([
    for region in var.regions : { for name, member in var.readers : "${region}/${name}" => { region = region, member = member } }
  ]...)
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.reads

  project   = var.project_id
  secret_id = google_secret_manager_secret.url[each.value.region].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value.member
}
