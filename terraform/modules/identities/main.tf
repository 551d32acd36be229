# One service account a function, one that subscriptions push with, one for each role that operates functions, and the
# one that delivers. None of them has a key, none a basic role.

resource "google_service_account" "function" {
  for_each = var.functions

  project      = var.project_id
  account_id   = "fn-${replace(each.key, "_", "-")}"
  display_name = "Swell function ${each.key}"
  description  = each.value.description
}

resource "google_service_account" "push" {
  project      = var.project_id
  account_id   = "swell-push"
  display_name = "Swell push subscriptions"
  description  = "Shown by subscriptions to event functions"
}

resource "google_service_account" "operator" {
  for_each = var.operators

  project      = var.project_id
  account_id   = "swell-${replace(each.value, "_", "-")}"
  display_name = "Swell ${each.value}"
  description  = "Operates functions in the role ${each.value} of topology.yaml"
}

resource "google_service_account" "delivery" {
  project      = var.project_id
  account_id   = "swell-delivery"
  display_name = "Swell delivery"
  description  = "Runs cloudbuild.yaml: builds, scans, makes revisions and shares traffic"
}

resource "google_project_iam_member" "delivery" {
  for_each = toset(["roles/run.developer", "roles/monitoring.viewer", "roles/ondemandscanning.admin", "roles/logging.logWriter"])

  project = var.project_id
  role    = each.value
  member  = google_service_account.delivery.member
}

# A revision runs as its function's account, and who makes one must be allowed to act as that.
resource "google_service_account_iam_member" "delivery_acts_as" {
  for_each = var.functions

  service_account_id = google_service_account.function[each.key].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.delivery.member
}

resource "google_project_iam_member" "state" {
  for_each = var.functions

  project = var.project_id
  role    = each.value.state == "writes" ? "roles/datastore.user" : "roles/datastore.viewer"
  member  = google_service_account.function[each.key].member
}

resource "google_project_iam_member" "traces" {
  for_each = var.exports_traces ? var.functions : {}

  project = var.project_id
  role    = "roles/cloudtrace.agent"
  member  = google_service_account.function[each.key].member
}

resource "google_project_iam_member" "operator_logs" {
  for_each = var.operators

  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.operator[each.value].member
}
