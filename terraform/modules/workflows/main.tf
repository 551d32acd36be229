# The files in workflows/, as they are: file(), not templatefile(), since ${…} is Cloud Workflows' own.

resource "google_workflows_workflow" "this" {
  for_each = var.sources

  project                 = var.project_id
  region                  = var.region
  name                    = each.key
  description             = trimspace(trimprefix(split("\n", each.value)[0], "#"))
  service_account         = var.service_account
  source_contents         = each.value
  user_env_vars           = var.environment
  call_log_level          = "LOG_ERRORS_ONLY" # requests and answers stay out of logs
  execution_history_level = "EXECUTION_HISTORY_BASIC"
  deletion_protection     = var.deletion_protection
  labels                  = var.labels
}
