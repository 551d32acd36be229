# A small deployment to try things in: two regions, no load balancer, all of it disposable.

provider "google" {
  project               = var.project_id
  user_project_override = true # budgets are billed to a project of their caller
  billing_project       = var.project_id
}

data "google_project" "this" {
  project_id = var.project_id
}

module "deployment" {
  source = "../../modules/deployment"

  project_id        = var.project_id
  project_number    = data.google_project.this.number
  regions           = var.regions
  deploys_functions = var.deploys_functions
  image             = var.image
  billing_account   = var.billing_account
  month_usd         = var.month_usd
  emails            = var.emails
  runbook_url       = var.runbook_url
  tuning            = var.tuning
  most_instances    = var.most_instances
  is_paused         = var.is_paused

  state_location     = "us-central1"
  egress_through_vpc = false
  trace_exporter     = "gcp"
  trace_ratio        = 0.1
  is_disposable      = true
  labels             = { environment = "dev" }
}
