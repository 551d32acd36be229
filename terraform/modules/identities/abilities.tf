# What a function may do beside its stores and topics: the permissions that its calls need, and no predefined role,
# which would hold dozens. Those of `query` are granted on that service alone (modules/deployment), the others in the
# project, since what they are about does not exist yet.

locals {
  abilities = {
    resize_query = {
      title       = "Swell: set the bounds of the query service"
      permissions = ["run.services.get", "run.services.update"] # nobody waits for the operation
    }
    see_query = {
      title       = "Swell: see the bounds of the query service"
      permissions = ["run.services.get"]
    }
    read_load = {
      title       = "Swell: read load from Cloud Monitoring"
      permissions = ["monitoring.timeSeries.list"]
    }
    keep_jobs = {
      title = "Swell: keep one-shot jobs for the steps of a plan"
      permissions = [
        "cloudscheduler.jobs.create",
        "cloudscheduler.jobs.delete",
        "cloudscheduler.jobs.get",
        "cloudscheduler.jobs.list",
        "cloudscheduler.jobs.update",
      ]
    }
    run_workflows = {
      title = "Swell: start workflows and follow them"
      permissions = [
        "workflows.executions.cancel",
        "workflows.executions.create",
        "workflows.executions.get",
        "workflows.executions.list",
      ]
    }
    call_workflows_back = {
      title       = "Swell: wake workflows that wait for an answer"
      permissions = ["workflows.callbacks.send"]
    }
  }
  on_query = ["resize_query", "see_query"]
  used     = toset(flatten([for each in var.functions : tolist(each.may)]))

  in_project = merge([
    for name, each in var.functions : {
      for ability in setsubtract(each.may, local.on_query) : "${name}/${ability}" => { function = name, ability = ability }
    }
  ]...)
}

resource "google_project_iam_custom_role" "ability" {
  for_each = { for name, ability in local.abilities : name => ability if contains(local.used, name) }

  project     = var.project_id
  role_id     = "swell_${each.key}"
  title       = each.value.title
  permissions = each.value.permissions
}

resource "google_project_iam_member" "ability" {
  for_each = local.in_project

  project = var.project_id
  role    = google_project_iam_custom_role.ability[each.value.ability].name
  member  = google_service_account.function[each.value.function].member
}

# Who sets the bounds of a service must be allowed to act as the account that it runs as.
resource "google_service_account_iam_member" "acts_as_query" {
  for_each = toset([for name, each in var.functions : name if contains(each.may, "resize_query")])

  service_account_id = google_service_account.function["query"].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.function[each.value].member
}
