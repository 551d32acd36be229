# All regions of topology.yaml behind one address.

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

  domains                      = var.domains
  state_location               = var.state_location
  cache_regions                = var.cache_regions
  cache_disk_gb                = var.cache_disk_gb
  operator_ranges              = var.operator_ranges
  requests_per_min_per_address = var.requests_per_min_per_address
  transfer_buckets             = var.transfer_buckets
  warms_regions                = var.warms_regions
  has_one_tenant               = var.has_one_tenant
  trace_exporter               = "gcp"
  labels                       = { environment = "prod" }
}
