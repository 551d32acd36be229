# One bucket of indexes a region, one of backups, one of what releases are built from.
#
# Hot, warm and cold: a segment of last year may be read by every cold start of today, so age says nothing of an index.
# There Autoclass moves what was not read for 30 days to Nearline and for 90 to Coldline, and back when it is read,
# without fees for retrieval or early deletion. Backups are read by accident only, and go by age.

locals {
  hard_delete_after_days = var.kept_after_delete_days
}

resource "google_storage_bucket" "index" {
  for_each = var.names

  project                     = var.project_id
  name                        = each.value
  location                    = upper(each.key)
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.is_disposable
  labels                      = var.labels

  autoclass {
    enabled                = true
    terminal_storage_class = "ARCHIVE"
  }

  versioning {
    enabled = true
  }

  # Old versions do what soft deletion would; both would keep, and bill, everything twice.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = local.hard_delete_after_days
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age            = var.export_days
      matches_prefix = ["transfers/"]
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = 1
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }
}

resource "google_storage_bucket" "backups" {
  project                     = var.project_id
  name                        = var.backups.name
  location                    = upper(var.backups.location)
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.is_disposable
  labels                      = var.labels

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  dynamic "lifecycle_rule" {
    for_each = { NEARLINE = var.backup_tiers_days.warm, COLDLINE = var.backup_tiers_days.cold }
    content {
      condition {
        age = lifecycle_rule.value
      }
      action {
        type          = "SetStorageClass"
        storage_class = lifecycle_rule.key
      }
    }
  }

  lifecycle_rule {
    condition {
      age = var.backup_tiers_days.removed
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = local.hard_delete_after_days
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }
}

resource "google_storage_bucket" "sources" {
  project                     = var.project_id
  name                        = var.sources.name
  location                    = upper(var.sources.location)
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # it is the repository
  labels                      = var.labels

  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      age = 30
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = local.hard_delete_after_days
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }
}

locals {
  index_members = merge([
    for region in keys(var.names) : merge(
      { for name, member in var.readers : "${region}/${name}" => { region = region, member = member, role = "roles/storage.objectViewer" } },
      { for name, member in var.writers : "${region}/${name}" => { region = region, member = member, role = "roles/storage.objectUser" } },
    )
  ]...)
  transfer_members = merge([
    for bucket in var.transfer_buckets : { for name, member in var.transfer_members : "${bucket}/${name}" => { bucket = bucket, member = member } }
  ]...)
}

resource "google_storage_bucket_iam_member" "index" {
  for_each = local.index_members

  bucket = google_storage_bucket.index[each.value.region].name
  role   = each.value.role
  member = each.value.member
}

resource "google_storage_bucket_iam_member" "transfers" {
  for_each = local.transfer_members

  bucket = each.value.bucket
  role   = "roles/storage.objectUser"
  member = each.value.member
}

resource "google_storage_bucket_iam_member" "sources" {
  for_each = var.builders

  bucket = google_storage_bucket.sources.name
  role   = "roles/storage.objectViewer"
  member = each.value
}
