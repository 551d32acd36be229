# State: one Firestore database for all regions.

resource "google_firestore_database" "this" {
  project                           = var.project_id
  name                              = var.database
  location_id                       = var.location
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "OPTIMISTIC" # state moves by compare-and-set in batches, never in contended transactions
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.deletion_protection ? "ABANDON" : "DELETE"
}

# Nothing queries by field (shared/adapters/google/state.py lists by name, and so needs no composite index either).
# Without this every number of every document is indexed twice: that costs writes and storage, limits a document to
# 40,000 entries, and makes a hotspot of each growing number.
resource "google_firestore_field" "no_index" {
  project    = var.project_id
  database   = google_firestore_database.this.name
  collection = "__default__"
  field      = "*"
  index_config {}
}

# Firestore removes what expired within about a day; readers compare times themselves.
resource "google_firestore_field" "expiry" {
  for_each = var.expiring

  project    = var.project_id
  database   = google_firestore_database.this.name
  collection = each.value
  field      = "expires_at"
  index_config {}
  ttl_config {}
}

resource "google_firestore_backup_schedule" "daily" {
  project   = var.project_id
  database  = google_firestore_database.this.name
  retention = "${var.daily_backup_days * 86400}s"
  daily_recurrence {}
}

resource "google_firestore_backup_schedule" "weekly" {
  count = var.weekly_backup_weeks > 0 ? 1 : 0

  project   = var.project_id
  database  = google_firestore_database.this.name
  retention = "${var.weekly_backup_weeks * 604800}s"
  weekly_recurrence {
    day = "SUNDAY"
  }
}
