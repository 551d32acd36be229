# Who may do what: each role of each identity, and no other.

mock_provider "google" {}

variables {
  project_id = "swell-test"
  operators  = ["workflows", "scheduler"]
  functions = {
    query   = { description = "-", trigger = "http", state = "reads", may = [] }
    scaling = { description = "-", trigger = "event", state = "writes", may = ["resize_query", "read_load", "keep_jobs", "run_workflows"] }
    control = { description = "-", trigger = "http", state = "writes", may = ["resize_query", "read_load"] }
    budget  = { description = "-", trigger = "event", state = "writes", may = ["see_query"] }
  }
}

run "each_has_an_account_and_a_key_has_none" {
  command = plan
  module {
    source = "./modules/identities"
  }
  assert {
    condition = join(" ", sort(concat(
      [for each in google_service_account.function : each.account_id], [for each in google_service_account.operator : each.account_id],
      [google_service_account.push.account_id, google_service_account.delivery.account_id],
    ))) == "fn-budget fn-control fn-query fn-scaling swell-delivery swell-push swell-scheduler swell-workflows"
    error_message = "one a function, one a role, and those that push and deliver"
  }
  assert {
    condition     = output.functions["query"].member == "serviceAccount:fn-query@swell-test.iam.gserviceaccount.com" && output.push.email == "swell-push@swell-test.iam.gserviceaccount.com"
    error_message = "others name them as Google does"
  }
}

run "each_has_these_roles_in_the_project" {
  command = plan
  module {
    source = "./modules/identities"
  }
  assert {
    condition     = { for name, each in google_project_iam_member.state : name => each.role } == { query = "roles/datastore.viewer", scaling = "roles/datastore.user", control = "roles/datastore.user", budget = "roles/datastore.user" }
    error_message = "who only reads state may not write it"
  }
  assert {
    condition     = keys(google_project_iam_member.ability) == ["control/read_load", "scaling/keep_jobs", "scaling/read_load", "scaling/run_workflows"]
    error_message = "abilities are theirs who have them; those about query are granted on query"
  }
  assert {
    condition     = keys(google_project_iam_member.delivery) == ["roles/logging.logWriter", "roles/monitoring.viewer", "roles/ondemandscanning.admin", "roles/run.developer"]
    error_message = "delivery makes revisions, looks at them, scans, and logs"
  }
  assert {
    condition     = concat([for each in google_project_iam_member.operator_logs : each.role]) == ["roles/logging.logWriter", "roles/logging.logWriter"]
    error_message = "those who run workflows write logs, and that is all in the project"
  }
  assert {
    condition     = length(google_project_iam_member.traces) == 0
    error_message = "traces are written where they are exported"
  }
}

run "an_ability_is_its_permissions" {
  command = plan
  module {
    source = "./modules/identities"
  }
  assert {
    condition = jsonencode({ for name, role in google_project_iam_custom_role.ability : name => sort(role.permissions) }) == jsonencode({
      resize_query  = ["run.services.get", "run.services.update"]
      see_query     = ["run.services.get"]
      read_load     = ["monitoring.timeSeries.list"]
      keep_jobs     = ["cloudscheduler.jobs.create", "cloudscheduler.jobs.delete", "cloudscheduler.jobs.get", "cloudscheduler.jobs.list", "cloudscheduler.jobs.update"]
      run_workflows = ["workflows.executions.cancel", "workflows.executions.create", "workflows.executions.get", "workflows.executions.list"]
    })
    error_message = "what its calls need"
  }
  assert {
    condition     = keys(google_service_account_iam_member.acts_as_query) == ["control", "scaling"]
    error_message = "who sets the bounds of query acts as query, and as nobody else"
  }
  assert {
    condition     = alltrue([for each in google_service_account_iam_member.delivery_acts_as : each.role == "roles/iam.serviceAccountUser"]) && length(google_service_account_iam_member.delivery_acts_as) == 4
    error_message = "delivery makes revisions of each function"
  }
}

run "traces_are_written_by_all" {
  command = plan
  module {
    source = "./modules/identities"
  }
  variables {
    exports_traces = true
  }
  assert {
    condition     = { for name, each in google_project_iam_member.traces : name => each.role } == { for name in ["query", "scaling", "control", "budget"] : name => "roles/cloudtrace.agent" }
    error_message = "as agents"
  }
}

run "what_is_no_ability_is_refused" {
  command = plan
  module {
    source = "./modules/identities"
  }
  variables {
    functions = { query = { description = "-", trigger = "http", state = "owns", may = ["everything"] }, a_function_whose_name_is_long = { description = "-", trigger = "http", state = "reads", may = [] } }
  }
  expect_failures = [var.functions]
}
